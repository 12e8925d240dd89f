//! Whether a best-available answer is as good as the rules promise. The model does not choose; it
//! tries every block there is to see which stage was within reach.

use std::collections::BTreeSet;

use seating::command::BestAvailable;
use seating::places::Places;
use seating::rejection::Rejection;
use seating::seat_layout::{SeatIndex, SectionIndex, TierIndex};
use seating::snapshot::HoldImage;

use crate::houses::RowFact;
use crate::reference::Model;
use crate::rules_of_holds::newly_alone;

/// One row with its free seats, and those of them that the filters allow.
struct FreeRow<'a> {
    row: &'a RowFact,
    free: BTreeSet<u32>,
    eligible: BTreeSet<u32>,
}

impl Model {
    pub(crate) fn judge_best(
        &self,
        wish: &BestAvailable,
        replaced: Option<&HoldImage>,
        chosen: Option<&Places>,
    ) -> Result<Places, Rejection> {
        let rows: Vec<FreeRow<'_>> = self
            .facts
            .rows
            .iter()
            .map(|row| self.free_row(row, wish, replaced))
            .collect();
        let quantity = wish.quantity as usize;
        let eligible: BTreeSet<u32> = rows.iter().flat_map(|row| row.eligible.clone()).collect();
        let clean = rows
            .iter()
            .any(|row| !blocks(row, quantity, true).is_empty());
        let adjacent = rows
            .iter()
            .any(|row| !blocks(row, quantity, false).is_empty());
        let fewest_parts = (2..=quantity / 2).find(|&parts| splits(&rows, quantity, parts));
        let apart = wish.allow_split && eligible.len() >= quantity;
        if eligible.is_empty() {
            return Err(Rejection::SoldOut { conflicts: vec![] });
        }
        if !adjacent && fewest_parts.is_none() && !apart {
            return Err(Rejection::NoBlock {
                quantity: wish.quantity,
            });
        }
        let chosen = chosen.expect("there is a block, so it is found");
        let seats: Vec<u32> = chosen.seats.iter().map(|seat| seat.0).collect();
        let distinct: BTreeSet<u32> = seats.iter().copied().collect();
        assert!(chosen.areas.is_empty() && distinct.len() == quantity && seats.len() == quantity);
        assert!(
            distinct.is_subset(&eligible),
            "only free seats that the filters allow"
        );
        if adjacent {
            let in_one = |row: &FreeRow<'_>| blocks(row, quantity, clean).contains(&seats);
            assert!(
                rows.iter().any(in_one),
                "the block is of the best stage there is"
            );
        } else if let Some(parts) = fewest_parts {
            assert_split(&rows, &seats, parts);
        }
        Ok(chosen.clone())
    }

    fn free_row<'a>(
        &self,
        row: &'a RowFact,
        wish: &BestAvailable,
        replaced: Option<&HoldImage>,
    ) -> FreeRow<'a> {
        let free = |seat: &u32| self.is_free(SeatIndex(*seat), replaced);
        let free: BTreeSet<u32> = row.seats.iter().copied().filter(free).collect();
        let allowed = |seat: &u32| {
            let fact = &self.facts.seats[*seat as usize];
            let section =
                wish.sections.is_empty() || wish.sections.contains(&SectionIndex(fact.section));
            section && (wish.tiers.is_empty() || wish.tiers.contains(&TierIndex(fact.tier)))
        };
        FreeRow {
            row,
            eligible: free.iter().copied().filter(allowed).collect(),
            free,
        }
    }
}

/// All blocks of so many eligible seats side by side.
fn blocks(row: &FreeRow<'_>, quantity: usize, nobody_alone: bool) -> Vec<Vec<u32>> {
    let starts = row.eligible.iter().map(|&start| (start..).take(quantity));
    let sets = starts.map(BTreeSet::from_iter);
    let free = sets.filter(|block| block.is_subset(&row.eligible));
    let kept = free.filter(|block| !nobody_alone || newly_alone(&row.free, block).is_empty());
    kept.map(Vec::from_iter).collect()
}

/// Whether so many blocks of at least two, each in a row of its own, no row between them left
/// out, seat the group.
fn splits(rows: &[FreeRow<'_>], quantity: usize, parts: usize) -> bool {
    (0..rows.len()).any(|first| completes(rows, first, quantity, parts))
}

fn completes(rows: &[FreeRow<'_>], at: usize, seats: usize, parts: usize) -> bool {
    let fits = |length: &usize| !blocks(&rows[at], *length, false).is_empty();
    if parts == 1 {
        return fits(&seats);
    }
    let lengths: Vec<usize> = (2..=seats.saturating_sub(2)).filter(fits).collect();
    (at + 1..rows.len())
        .filter(|&next| neighbours(rows[at].row, rows[next].row))
        .any(|next| {
            let rest = lengths.iter().map(|length| seats - length);
            rest.into_iter()
                .any(|rest| completes(rows, next, rest, parts - 1))
        })
}

fn neighbours(before: &RowFact, after: &RowFact) -> bool {
    before.section == after.section && after.line <= before.line + 1
}

fn assert_split(rows: &[FreeRow<'_>], seats: &[u32], parts: usize) {
    let row_of = |seat: u32| {
        rows.iter()
            .find(|row| row.eligible.contains(&seat))
            .unwrap()
    };
    let by_row: Vec<&[u32]> = seats
        .chunk_by(|&a, &b| row_of(a).row.seats == row_of(b).row.seats)
        .collect();
    assert_eq!(
        by_row.len(),
        parts,
        "over as few rows as possible: {seats:?}"
    );
    for part in &by_row {
        let together = part.windows(2).all(|pair| pair[1] == pair[0] + 1);
        assert!(part.len() >= 2 && together, "nobody alone: {seats:?}");
    }
    for pair in by_row.windows(2) {
        let (before, after) = (row_of(pair[0][0]).row, row_of(pair[1][0]).row);
        assert!(neighbours(before, after), "neighbouring rows: {seats:?}");
    }
}
