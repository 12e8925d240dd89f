//! Whether a pick leaves single seats that another would not.

use std::collections::BTreeSet;

use seating::places::Places;
use seating::rejection::Rejection;
use seating::sale_terms::GapRule;
use seating::seat_layout::SeatIndex;
use seating::snapshot::HoldImage;

use crate::layouts::RowFact;
use crate::reference::Model;

impl Model {
    pub(crate) fn gap_rule(
        &self,
        places: &Places,
        replaced: Option<&HoldImage>,
    ) -> Result<(), Rejection> {
        let mut stranded = Vec::new();
        for row in &self.facts.rows {
            let free = |seat: &&u32| self.is_free(SeatIndex(**seat), replaced);
            let free: BTreeSet<u32> = row.seats.iter().filter(free).copied().collect();
            let picked = |seat: &&u32| places.seats.contains(&SeatIndex(**seat));
            let picked: BTreeSet<u32> = row.seats.iter().filter(picked).copied().collect();
            let left_alone = newly_alone(&free, &picked);
            if !left_alone.is_empty() && self.avoidable(row, &free, &picked, replaced) {
                stranded.extend(left_alone.into_iter().map(SeatIndex));
            }
        }
        if stranded.is_empty() {
            Ok(())
        } else {
            Err(Rejection::StrandedSeat { seats: stranded })
        }
    }

    fn avoidable(
        &self,
        row: &RowFact,
        own_row: &BTreeSet<u32>,
        picked: &BTreeSet<u32>,
        replaced: Option<&HoldImage>,
    ) -> bool {
        let rows: Vec<BTreeSet<u32>> = match self.terms.gap_rule {
            GapRule::Off => return false,
            GapRule::Lenient => vec![own_row.clone()],
            GapRule::Strict => {
                let in_section = self
                    .facts
                    .rows
                    .iter()
                    .filter(|other| other.section == row.section);
                let free = |seat: &u32| self.is_free(SeatIndex(*seat), replaced);
                in_section
                    .map(|row| row.seats.iter().copied().filter(free).collect())
                    .collect()
            }
        };
        rows.iter().any(|free| {
            let mut starts = free.iter();
            starts.any(|&start| {
                let block: BTreeSet<u32> = (start..).take(picked.len()).collect();
                block.is_subset(free) && newly_alone(free, &block).is_empty()
            })
        })
    }
}

/// Free seats without a free neighbour after the pick that had one before. The seats are of one
/// row, so that numbers that follow each other are neighbours.
pub(crate) fn newly_alone(free: &BTreeSet<u32>, picked: &BTreeSet<u32>) -> Vec<u32> {
    let after: BTreeSet<u32> = free.difference(picked).copied().collect();
    let alone = |seat: u32, free: &BTreeSet<u32>| {
        !free.contains(&(seat + 1)) && !seat.checked_sub(1).is_some_and(|s| free.contains(&s))
    };
    let newly = after
        .iter()
        .copied()
        .filter(|&seat| alone(seat, &after) && !alone(seat, free));
    newly.collect()
}
