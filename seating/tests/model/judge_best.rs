//! Whether a best-available answer is as good as the rules promise. The model does not choose; it
//! tries every block there is to see which stage was within reach.

use std::collections::BTreeSet;

use seating::command::BestAvailable;
use seating::places::{AreaQuantity, Places};
use seating::rejection::Rejection;
use seating::seat_layout::{SeatIndex, SectionIndex, TierIndex};
use seating::snapshot::HoldImage;

use crate::layouts::RowFact;
use crate::reference::Model;
use crate::rules_of_gaps::newly_alone;

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
        let areas = self.free_areas(wish, replaced);
        let in_areas: u32 = areas.iter().map(|area| area.quantity).sum();
        let clean = rows
            .iter()
            .any(|row| !blocks(row, quantity, true).is_empty());
        let adjacent = rows
            .iter()
            .any(|row| !blocks(row, quantity, false).is_empty());
        let fewest_rows = fewest_rows(&rows, quantity);
        let roomy = areas.iter().find(|area| area.quantity >= wish.quantity);
        let apart = wish.allow_split && eligible.len() + in_areas as usize >= quantity;
        if eligible.is_empty() && areas.is_empty() {
            return Err(Rejection::SoldOut { conflicts: vec![] });
        }
        if !adjacent && fewest_rows.is_none() && roomy.is_none() && !apart {
            return Err(Rejection::NoBlock {
                quantity: wish.quantity,
            });
        }
        let chosen = chosen.expect("there is a block, so it is found");
        let seats: Vec<u32> = chosen.seats.iter().map(|seat| seat.0).collect();
        let distinct: BTreeSet<u32> = seats.iter().copied().collect();
        assert!(distinct.len() == seats.len() && chosen.count() == wish.quantity);
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
        } else if let Some(fewest) = fewest_rows {
            assert_split(&rows, &seats, fewest);
        } else if let Some(roomy) = roomy {
            assert!(seats.is_empty(), "everybody is in the area");
            assert_eq!(chosen.areas[0].section, roomy.section);
        } else {
            let seated = eligible.len().min(quantity);
            assert_eq!(seats.len(), seated, "whoever can sits: {chosen:?}");
            assert!(chosen.areas.iter().all(|area| {
                areas
                    .iter()
                    .any(|free| free.section == area.section && free.quantity >= area.quantity)
            }));
        }
        Ok(chosen.clone())
    }

    /// Areas with free places that the filters allow, and how many.
    fn free_areas(&self, wish: &BestAvailable, replaced: Option<&HoldImage>) -> Vec<AreaQuantity> {
        let sections = (0..).map(SectionIndex).zip(&self.facts.sections);
        let allowed = sections.filter(|(section, area)| {
            let in_section = wish.sections.is_empty() || wish.sections.contains(section);
            let of_tier = |tier| wish.tiers.is_empty() || wish.tiers.contains(&TierIndex(tier));
            in_section && area.is_some_and(|(_, _, tier)| of_tier(tier))
        });
        let free = allowed.map(|(section, _)| AreaQuantity {
            section,
            quantity: self.available_without(section, replaced),
        });
        free.filter(|area| area.quantity > 0).collect()
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

/// Over how many rows the group is split, at the least.
#[derive(Clone, Copy)]
struct Fewest {
    rows: usize,
    /// Whether nobody finds room with one block in each.
    several: bool,
}

fn fewest_rows(rows: &[FreeRow<'_>], quantity: usize) -> Option<Fewest> {
    let seated = |several| move |row: &FreeRow<'_>| seated(row, quantity, several);
    [false, true].into_iter().find_map(|several| {
        let seated: Vec<BTreeSet<usize>> = rows.iter().map(seated(several)).collect();
        let fewest = (1..=quantity / 2).find(|&count| splits(rows, &seated, quantity, count))?;
        Some(Fewest {
            rows: fewest,
            several,
        })
    })
}

/// How many a row could seat with nobody alone, in one block or in several.
fn seated(row: &FreeRow<'_>, quantity: usize, several: bool) -> BTreeSet<usize> {
    if !several {
        let fits = |length: &usize| !blocks(row, *length, false).is_empty();
        return (2..=quantity).filter(fits).collect();
    }
    let seats: Vec<u32> = row.eligible.iter().copied().collect();
    let mut sums = BTreeSet::from([0]);
    for stretch in seats.chunk_by(|a, b| a + 1 == *b) {
        let before = sums.clone();
        for length in 2..=stretch.len().min(quantity) {
            sums.extend(before.iter().map(|sum| sum + length));
        }
    }
    sums.remove(&0);
    sums
}

/// Whether the group has room in so many rows that hang together.
fn splits(rows: &[FreeRow<'_>], seated: &[BTreeSet<usize>], quantity: usize, count: usize) -> bool {
    sets_of(rows.len(), count).any(|set| {
        let mut sums = BTreeSet::from([0]);
        for &at in &set {
            let with = |sum: usize| seated[at].iter().map(move |more| sum + more);
            sums = sums.into_iter().flat_map(with).collect();
        }
        sums.contains(&quantity) && hang_together(rows, &set)
    })
}

/// Every set of so many of the first numbers.
fn sets_of(numbers: usize, size: usize) -> impl Iterator<Item = Vec<usize>> {
    let masks = (0..1_u32 << numbers).filter(move |mask| mask.count_ones() as usize == size);
    masks.map(move |mask| (0..numbers).filter(|at| mask >> at & 1 == 1).collect())
}

/// Whether each of these rows is reached from the first over neighbours among them.
fn hang_together(rows: &[FreeRow<'_>], set: &[usize]) -> bool {
    let mut reached = vec![set[0]];
    let mut at = 0;
    while at < reached.len() {
        for next in &rows[reached[at]].row.near {
            if set.contains(next) && !reached.contains(next) {
                reached.push(*next);
            }
        }
        at += 1;
    }
    reached.len() == set.len()
}

fn assert_split(rows: &[FreeRow<'_>], seats: &[u32], fewest: Fewest) {
    let row_of = |seat: u32| {
        rows.iter()
            .position(|row| row.eligible.contains(&seat))
            .unwrap()
    };
    let set: BTreeSet<usize> = seats.iter().map(|&seat| row_of(seat)).collect();
    assert_eq!(
        set.len(),
        fewest.rows,
        "over as few rows as possible: {seats:?}"
    );
    let beside = |&a: &u32, &b: &u32| b == a + 1 && row_of(a) == row_of(b);
    let blocks: Vec<&[u32]> = seats.chunk_by(beside).collect();
    assert!(
        blocks.iter().all(|block| block.len() >= 2),
        "nobody alone: {seats:?}"
    );
    assert!(
        fewest.several || blocks.len() == set.len(),
        "one block in each row: {seats:?}"
    );
    let set: Vec<usize> = set.into_iter().collect();
    assert!(hang_together(rows, &set), "neighbouring rows: {seats:?}");
}
