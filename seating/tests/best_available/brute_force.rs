//! Every block there is, looked at one by one.

use std::collections::BTreeSet;

use seating::places::SeatList;
use seating::rejection::{PlaceStatus, Rejection};
use seating::seat_layout::spec::Position;
use seating::seat_layout::{Row, SeatIndex, SeatLayout, SectionKind};
use seating::seat_map::SeatMap;

use crate::measure;
use crate::plan::Plan;

/// What a best-available answer must be.
#[derive(Debug)]
pub(crate) enum Best {
    /// Exactly these seats, from stage 1, 2 or 4.
    Exactly(Vec<u32>),
    /// Stage 3: blocks in so many rows, with this sum of distances.
    Split {
        rows: usize,
        distance: i64,
    },
    Refused(Rejection),
}

/// The layout with its free seats, and those of them that the wish allows.
pub(crate) struct BruteForce<'a> {
    layout: &'a SeatLayout,
    free: BTreeSet<u32>,
    eligible: BTreeSet<u32>,
    quantity: u32,
    /// By row, the rows that are near it.
    near: Vec<Vec<usize>>,
}

/// Every choice of so many of these.
fn subsets(of: &[usize], size: usize) -> Vec<Vec<usize>> {
    let Some((first, others)) = of.split_first() else {
        return if size == 0 { vec![vec![]] } else { vec![] };
    };
    if size == 0 {
        return vec![vec![]];
    }
    let mut with = subsets(others, size - 1);
    for set in &mut with {
        set.insert(0, *first);
    }
    with.extend(subsets(others, size));
    with
}

impl<'a> BruteForce<'a> {
    pub(crate) fn new(map: &'a SeatMap, plan: &Plan) -> Self {
        let given_up = plan.given_up();
        let layout = &**map.layout();
        let free = |seat: &SeatIndex| {
            map.seat(*seat).0 == PlaceStatus::Available || given_up.contains(&seat.0)
        };
        let allowed = |seat: &u32| {
            let found = layout.seat(SeatIndex(*seat));
            plan.section
                .is_none_or(|section| found.section.0 == section)
                && plan.tier.is_none_or(|tier| found.tier.0 == tier)
        };
        let free: BTreeSet<u32> = layout.seats().filter(free).map(|seat| seat.0).collect();
        Self {
            layout,
            eligible: free.iter().copied().filter(allowed).collect(),
            free,
            quantity: plan.quantity,
            near: measure::neighbours(layout),
        }
    }

    pub(crate) fn best(&self, allow_split: bool) -> Best {
        let rows = self.layout.rows().iter();
        let all: Vec<Vec<u32>> = rows
            .flat_map(|row| self.blocks(row, self.quantity))
            .collect();
        let clean: Vec<Vec<u32>> = all
            .iter()
            .filter(|block| self.strands_nobody(block))
            .cloned()
            .collect();
        let best_of = if clean.is_empty() { all } else { clean };
        if let Some(closest) = self.closest(best_of.iter()) {
            let row = self.layout.row_of(SeatIndex(closest[0]));
            let same_row = best_of
                .iter()
                .filter(|block| self.layout.row_of(SeatIndex(block[0])) == row);
            let packing = same_row.filter(|block| {
                block[0].abs_diff(closest[0]) <= self.quantity / 2 && self.packs(block)
            });
            let block = self.closest(packing).unwrap_or(closest);
            return Best::Exactly(block.clone());
        }
        if let Some(split) = self.split() {
            return split;
        }
        if self.eligible.is_empty() {
            return Best::Refused(Rejection::SoldOut { conflicts: vec![] });
        }
        if !allow_split || self.eligible.len() < self.quantity as usize {
            return Best::Refused(Rejection::NoBlock {
                quantity: self.quantity,
            });
        }
        let mut nearest: Vec<u32> = self.eligible.iter().copied().collect();
        nearest.sort_by_key(|seat| (self.distance(&[*seat]), *seat));
        nearest.truncate(self.quantity as usize);
        nearest.sort_unstable();
        Best::Exactly(nearest)
    }

    /// The rows of a split answer and the sum of its distances, if it is one at all.
    pub(crate) fn measure(&self, seats: &SeatList) -> (usize, i64) {
        let beside = |&a: &SeatIndex, &b: &SeatIndex| {
            a.0 + 1 == b.0 && self.layout.row_of(a) == self.layout.row_of(b)
        };
        let parts: Vec<Vec<u32>> = seats
            .chunk_by(beside)
            .map(|part| part.iter().map(|seat| seat.0).collect())
            .collect();
        for part in &parts {
            let row = self.row_of(part);
            let length = u32::try_from(part.len()).unwrap();
            assert!(length >= 2, "nobody alone: {seats:?}");
            assert!(
                self.blocks(row, length).contains(part),
                "a free block: {seats:?}"
            );
        }
        let rows = parts.iter().map(|part| self.number_of(self.row_of(part)));
        let rows: BTreeSet<usize> = rows.collect();
        let rows: Vec<usize> = rows.into_iter().collect();
        assert!(self.hang_together(&rows), "neighbouring rows: {seats:?}");
        (
            rows.len(),
            parts.iter().map(|part| self.distance(part)).sum(),
        )
    }

    fn row_of(&self, part: &[u32]) -> &Row {
        self.layout.row(self.layout.row_of(SeatIndex(part[0])))
    }

    fn blocks(&self, row: &Row, length: u32) -> Vec<Vec<u32>> {
        let first = row.first_seat.0;
        let end = first + u32::from(row.seats);
        let blocks = (first..end.saturating_sub(length - 1)).map(|at| at..at + length);
        let free = blocks.filter(|block| block.clone().all(|seat| self.eligible.contains(&seat)));
        free.map(Vec::from_iter).collect()
    }

    fn strands_nobody(&self, block: &[u32]) -> bool {
        let row = self.row_of(block);
        let in_row = row.first_seat.0..row.first_seat.0 + u32::from(row.seats);
        let left = |seat: u32| {
            in_row.contains(&seat) && self.free.contains(&seat) && !block.contains(&seat)
        };
        let beside = [block[0].wrapping_sub(1), block[block.len() - 1] + 1];
        let alone = |seat: &u32| left(*seat) && !left(seat.wrapping_sub(1)) && !left(seat + 1);
        !beside.iter().any(alone)
    }

    fn closest<'b>(&self, blocks: impl Iterator<Item = &'b Vec<u32>>) -> Option<&'b Vec<u32>> {
        blocks.min_by_key(|block| (self.distance(block), block[0]))
    }

    /// Twice the distance from the middle of the outer seats to the focal point, squared.
    fn distance(&self, block: &[u32]) -> i64 {
        let position = |seat: u32| self.layout.position(SeatIndex(seat));
        let (a, b) = (position(block[0]), position(block[block.len() - 1]));
        let focal = self.focal_point(self.row_of(block));
        let off = |a: i32, b: i32, focal: i32| i64::from(a - focal) + i64::from(b - focal);
        let (x, y) = (off(a.x, b.x, focal.x), off(a.y, b.y, focal.y));
        x * x + y * y
    }

    fn focal_point(&self, row: &Row) -> Position {
        self.focal_point_of(usize::from(row.section.0))
    }

    pub(crate) fn focal_point_of(&self, section: usize) -> Position {
        match &self.layout.sections()[section].kind {
            SectionKind::Reserved { focal_point, .. } => *focal_point,
            SectionKind::GeneralAdmission { .. } => panic!("areas have no rows"),
        }
    }

    fn number_of(&self, row: &Row) -> usize {
        let mut rows = self.layout.rows().iter();
        rows.position(|other| other.first_seat == row.first_seat)
            .unwrap()
    }

    /// Whether what is left of a run of free seats seats as many groups as the run could beside
    /// this one.
    fn packs(&self, block: &[u32]) -> bool {
        let end = u32::try_from(self.layout.seat_count()).unwrap();
        let in_row = |seat: &u32| {
            self.layout.row_of(SeatIndex(*seat)) == self.layout.row_of(SeatIndex(block[0]))
        };
        let free = |seat: &u32| self.free.contains(seat) && in_row(seat);
        let before = (0..block[0]).rev().take_while(free).count();
        let after = (block[block.len() - 1] + 1..end).take_while(free).count();
        let groups = |seats: usize| seats / block.len();
        groups(before) + 1 + groups(after) == groups(before + block.len() + after)
    }

    fn hang_together(&self, set: &[usize]) -> bool {
        let mut reached = vec![set[0]];
        let mut at = 0;
        while at < reached.len() {
            for &next in set {
                if !reached.contains(&next) && self.near[reached[at]].contains(&next) {
                    reached.push(next);
                }
            }
            at += 1;
        }
        reached.len() == set.len()
    }

    /// One block in each row or, where that cannot be, several in some.
    fn split(&self) -> Option<Best> {
        let one_each = self.split_by(&|row, length| self.part(row, length));
        one_each.or_else(|| self.split_by(&|row, length| self.share(row, length)))
    }

    fn split_by(&self, of_row: &dyn Fn(&Row, u32) -> Option<i64>) -> Option<Best> {
        let numbers: Vec<usize> = (0..self.layout.rows().len()).collect();
        (1..=self.quantity as usize / 2).find_map(|rows| {
            let sets = numbers.chunk_by(|&a, &b| self.section_of(a) == self.section_of(b));
            let sets = sets.flat_map(|section| subsets(section, rows));
            let sets = sets.filter(|set| self.hang_together(set));
            let distance = sets
                .filter_map(|set| self.sum_over(&set, self.quantity, of_row))
                .min()?;
            Some(Best::Split { rows, distance })
        })
    }

    fn section_of(&self, row: usize) -> u16 {
        self.layout.rows()[row].section.0
    }

    /// The least sum of distances for so many people, some in each of these rows.
    fn sum_over(
        &self,
        rows: &[usize],
        people: u32,
        of_row: &dyn Fn(&Row, u32) -> Option<i64>,
    ) -> Option<i64> {
        let (first, others) = rows.split_first()?;
        let row = &self.layout.rows()[*first];
        if others.is_empty() {
            return of_row(row, people).filter(|_| people >= 2);
        }
        let lengths = 2..=people.saturating_sub(2);
        let sums = lengths.filter_map(|length| {
            Some(of_row(row, length)? + self.sum_over(others, people - length, of_row)?)
        });
        sums.min()
    }

    /// The least sum of distances of blocks for so many people in one row, each in a stretch of
    /// free seats of its own.
    fn share(&self, row: &Row, people: u32) -> Option<i64> {
        let seats: Vec<u32> = self.blocks(row, 1).concat();
        let stretches: Vec<&[u32]> = seats.chunk_by(|a, b| a + 1 == *b).collect();
        self.share_of(&stretches, people)
    }

    fn share_of(&self, stretches: &[&[u32]], people: u32) -> Option<i64> {
        let Some((first, others)) = stretches.split_first() else {
            return (people == 0).then_some(0);
        };
        let without = self.share_of(others, people);
        let lengths = 2..=people.min(u32::try_from(first.len()).unwrap());
        let with = lengths.filter_map(|length| {
            let blocks = first.windows(length as usize).map(<[u32]>::to_vec);
            let blocks: Vec<Vec<u32>> = blocks.collect();
            Some(self.best_part(&blocks)? + self.share_of(others, people - length)?)
        });
        with.chain(without).min()
    }

    /// The closest block of that length; one that strands nobody, if there is any.
    fn part(&self, row: &Row, length: u32) -> Option<i64> {
        self.best_part(&self.blocks(row, length))
    }

    fn best_part(&self, all: &[Vec<u32>]) -> Option<i64> {
        let clean = all.iter().filter(|block| self.strands_nobody(block));
        let best = self.closest(clean).or_else(|| self.closest(all.iter()))?;
        Some(self.distance(best))
    }
}
