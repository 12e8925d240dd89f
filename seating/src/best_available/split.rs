//! Stage 3: a group in blocks over rows that are near each other, nobody alone.
//!
//! Every block is in a row of its own, and the rows hang together: from each the others are reached
//! over neighbours among them. As few rows as possible, and of those the ones whose blocks are
//! closest, by the sum of their distances. Where that cannot be, rows may seat several blocks
//! ([`several`]), so that nothing is refused that could be had.
//!
//! Rows are looked at with the one of them that comes nearest to the focal point as their root, the
//! nearest root first; no other is farther away than as many blocks as far as its root, which ends
//! the search soon after something is found. Nothing is found only where the free seats of
//! neighbouring rows are few: as soon as [`SPLIT_ROWS_MAX`] rows with two seats hang together, a
//! group of any size has room in them, but for an odd one in rows of pairs. That is known before: the
//! longest parts around a row are counted before it is searched from.
//!
//! A search takes a bounded number of steps. Groups in few rows that hang on no others are always found,
//! for there are few ways through them. Among many, the best that was found when the steps are used
//! up is taken, or else more rows are tried; over as many rows as a group can have something is found after
//! a few steps, if it is there, unless hundreds of rows lie in one place.
//!
//! [`several`]: crate::best_available::several

use smallvec::{SmallVec, smallvec};

use crate::best_available::several::{PART_MIN, SharesOfRow};
use crate::best_available::{Block, InRow, Search, keep_best};
use crate::limits::SPLIT_ROWS_MAX;
use crate::places::SeatList;
use crate::seat_layout::row_bits::ROW_WORDS_MAX;
use crate::seat_layout::{Row, RowIndex};

/// Blocks in some rows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct ChosenParts {
    /// Sum of the blocks' distances.
    distance: i64,
    blocks: SmallVec<[Block; SPLIT_ROWS_MAX]>,
}

/// Rows that hang together, of which more may become part.
#[derive(Clone, Default)]
struct Rows {
    members: SmallVec<[RowIndex; SPLIT_ROWS_MAX]>,
    /// Seats that they could give, each its longest part.
    room: u32,
    /// Sum of the members' own least distances.
    nearest: i64,
}

/// The search over so many rows.
struct Pass<'a> {
    search: &'a Search<'a>,
    rows: usize,
    /// Whether a row may seat several blocks.
    several: bool,
    /// What each row could seat, once somebody asked, or 0 before.
    longest: Vec<u8>,
    /// The most that any row could seat: known once the search over the fewest rows has looked at
    /// all and found nothing.
    longest_of_all: u32,
    /// The most that any row could seat of those that are reached from each over rows with parts; empty
    /// until all were looked at.
    around: Vec<u8>,
    /// Over how many rows.
    reach: usize,
    /// Steps taken among rows that hang on many others.
    steps: usize,
    best: Option<ChosenParts>,
}

/// Steps of the search over so many rows, each a row that is tried with some before it: a millisecond
/// or two.
const STEPS_MAX: usize = 20_000;
/// The same over as many rows as a group can have, as long as nothing was found: nothing may come after.
const LAST_STEPS_MAX: usize = 200_000;

/// What stands for a row that could seat no part.
const NO_PART: u8 = 1;

impl Search<'_> {
    /// The closest split over as few rows as possible.
    pub(super) fn split(&self) -> Option<SeatList> {
        if self.quantity < 2 * PART_MIN {
            return None;
        }
        self.split_into(false).or_else(|| self.split_into(true))
    }

    fn split_into(&self, several: bool) -> Option<SeatList> {
        let (rows_min, longest) = if several {
            (1, self.quantity)
        } else {
            (2, self.quantity - PART_MIN)
        };
        let rows_max = (self.quantity / PART_MIN) as usize;
        let mut pass = Pass {
            search: self,
            rows: 0,
            several,
            longest: Vec::new(),
            longest_of_all: longest,
            around: Vec::new(),
            reach: 0,
            steps: 0,
            best: None,
        };
        (rows_min..=rows_max.min(SPLIT_ROWS_MAX)).find_map(|rows| pass.over(rows))
    }

    /// What a row could seat; [`NO_PART`] when that is no part.
    fn longest_part(&self, row: &Row, several: bool) -> u8 {
        if !self.in_sections(row) {
            return NO_PART;
        }
        let longest = match row.words() {
            1 => self.in_row::<1>(row).longest(several),
            _ => self.in_row::<ROW_WORDS_MAX>(row).longest(several),
        };
        u8::try_from(longest).map_or(u8::MAX, |longest| longest.max(NO_PART))
    }

    /// The best shares of a row, up to this length.
    fn parts(&self, row: &Row, longest: u32, several: bool) -> SharesOfRow {
        match row.words() {
            1 => self.in_row::<1>(row).parts(longest, several),
            _ => self.in_row::<ROW_WORDS_MAX>(row).parts(longest, several),
        }
    }
}

impl<const WORDS: usize> InRow<'_, WORDS> {
    /// Seats that it could give, if others give at least a part each or it gives several.
    fn longest(&self, several: bool) -> u32 {
        let quantity = self.search.quantity;
        if several {
            return self.room().min(quantity);
        }
        self.eligible.longest_run(quantity - PART_MIN)
    }

    fn parts(&self, longest: u32, several: bool) -> SharesOfRow {
        if several {
            return self.shares(longest);
        }
        let mut runs = self.eligible.run_starts(PART_MIN);
        let block = |length| {
            let found = self.part(runs, length);
            // A run is longer by one where its next seat is there too.
            runs = runs.and(&self.eligible.ahead(length));
            found
        };
        let blocks = (PART_MIN..=longest).map_while(block);
        blocks.map(Into::into).collect()
    }
}

impl Pass<'_> {
    fn over(&mut self, rows: usize) -> Option<SeatList> {
        self.rows = rows;
        if self.longest_of_all * count32(self.rows) < self.search.quantity {
            return None;
        }
        let layout = self.search.layout;
        if self.longest.is_empty() {
            self.longest = vec![0; layout.rows().len()];
        } else {
            self.look_around(rows - 1);
        }
        self.steps = 0;
        for root in layout.rows_nearest_first() {
            let nearest = layout.row(root).nearest;
            if self.is_farther(nearest.saturating_mul(count(rows))) {
                break;
            }
            if self.longest(root) > NO_PART {
                self.from(root);
            }
        }
        let Some(best) = self.best.take() else {
            let longest = self.longest.iter().max().copied();
            self.longest_of_all = longest.map_or(0, u32::from);
            return None;
        };
        let mut seats: SeatList = best.blocks.into_iter().flat_map(Block::seats).collect();
        seats.sort_unstable();
        Some(seats)
    }

    /// Tries all rows that hang on this one and come after it.
    fn from(&mut self, root: RowIndex) {
        let most = u32::from(self.longest(root)) + count32(self.rows - 1) * self.most_beside(root);
        if most < self.search.quantity {
            return;
        }
        let used_up = self.is_used_up();
        let few = (used_up || self.several) && self.hangs_on_few(root);
        // Many that hang together would have seated the group one block in each, if they could at all.
        if (self.several && !few) || (used_up && (!few || self.best.is_some())) {
            return;
        }
        let steps = self.steps;
        if used_up {
            self.steps = 0;
        }
        self.extend(&Rows::default(), root, smallvec![]);
        self.steps = self.steps.max(steps);
    }

    /// Whether the search has taken the steps that it may.
    fn is_used_up(&self) -> bool {
        let is_last = self.rows == self.most_rows() && self.best.is_none();
        let steps_max = if is_last { LAST_STEPS_MAX } else { STEPS_MAX };
        self.steps >= steps_max
    }

    /// Over how many rows the group can be split.
    fn most_rows(&self) -> usize {
        (self.search.quantity / PART_MIN) as usize
    }

    /// Whether fewer rows hang together here than the group can be split over.
    fn hangs_on_few(&mut self, root: RowIndex) -> bool {
        let layout = self.search.layout;
        let mut reached: SmallVec<[RowIndex; 64]> = smallvec![root];
        let mut at = 0;
        while at < reached.len() && reached.len() < self.most_rows() {
            for &next in layout.neighbours(reached[at]) {
                if !reached.contains(&next) && self.longest(next) > NO_PART {
                    reached.push(next);
                }
            }
            at += 1;
        }
        reached.len() < self.most_rows()
    }

    /// Says of every row what those can seat that are reached over so many more; all are known.
    fn look_around(&mut self, reach: usize) {
        if self.around.is_empty() {
            self.around.clone_from(&self.longest);
        }
        let layout = self.search.layout;
        while self.reach < reach {
            let before = self.around.clone();
            for (row, most) in (0..).map(RowIndex).zip(&mut self.around) {
                if *most > NO_PART {
                    let others = layout.neighbours(row).iter();
                    let others = others.map(|other| before[usize::from(other.0)]);
                    *most = others.fold(*most, u8::max);
                }
            }
            self.reach += 1;
        }
    }

    /// The most that any other row could seat beside this one.
    fn most_beside(&self, root: RowIndex) -> u32 {
        let around = self.around.get(usize::from(root.0));
        around.map_or(self.longest_of_all, |&most| most.into())
    }

    fn longest(&mut self, row: RowIndex) -> u8 {
        let known = &mut self.longest[usize::from(row.0)];
        if *known == 0 {
            let row = self.search.layout.row(row);
            *known = self.search.longest_part(row, self.several);
        }
        *known
    }

    /// Tries these rows and one more with all that may follow. Each is tried after those that hang
    /// on it, so no rows are tried twice.
    fn extend(&mut self, rows: &Rows, row: RowIndex, mut beside: SmallVec<[RowIndex; 32]>) {
        let layout = self.search.layout;
        self.steps += 1;
        let mut with = rows.clone();
        with.room += u32::from(self.longest(row));
        with.nearest += layout.row(row).nearest;
        let missing = self.rows - with.members.len() - 1;
        let root = *with.members.first().unwrap_or(&row);
        if with.room + count32(missing) * self.most_beside(root) < self.search.quantity {
            return;
        }
        let least = layout.row(root).nearest.saturating_mul(count(missing));
        if self.is_farther(with.nearest.saturating_add(least)) {
            return;
        }
        if missing == 0 {
            with.members.push(row);
            if with.room >= self.search.quantity {
                self.seat(&with);
            }
            return;
        }
        for &next in layout.neighbours(row) {
            let later = self.order(next) > self.order(root);
            let known = |member: &RowIndex| {
                *member == next || layout.neighbours(*member).binary_search(&next).is_ok()
            };
            if later && !with.members.iter().any(known) && self.longest(next) > NO_PART {
                beside.push(next);
            }
        }
        with.members.push(row);
        while let Some(next) = beside.pop() {
            if self.is_used_up() {
                return;
            }
            self.extend(&with, next, beside.clone());
        }
    }

    /// Rows in the order in which they become roots.
    fn order(&self, row: RowIndex) -> (i64, RowIndex) {
        (self.search.layout.row(row).nearest, row)
    }

    /// Seats the group in these rows, everybody as close as possible.
    fn seat(&mut self, rows: &Rows) {
        let longest = self.search.quantity - PART_MIN * (count32(self.rows) - 1);
        let parts_of = |&row: &RowIndex| {
            let row = self.search.layout.row(row);
            self.search.parts(row, longest, self.several)
        };
        let parts: SmallVec<[SharesOfRow; SPLIT_ROWS_MAX]> =
            rows.members.iter().map(parts_of).collect();
        let none = ChosenParts {
            distance: 0,
            blocks: SmallVec::new(),
        };
        self.choose(&parts, none, self.search.quantity);
    }

    /// Tries a share of every length in the first of these rows, and the others for who is left.
    fn choose(&mut self, rows: &[SharesOfRow], before: ChosenParts, wanted: u32) {
        if self.is_farther(before.distance) {
            return;
        }
        let Some((row, others)) = rows.split_first() else {
            if wanted == 0 {
                keep_best(&mut self.best, Some(before));
            }
            return;
        };
        for share in row.iter().take_while(|share| share.length <= wanted) {
            let mut with = before.clone();
            with.distance += share.distance;
            with.blocks.extend_from_slice(&share.blocks);
            self.choose(others, with, wanted - share.length);
        }
    }

    fn is_farther(&self, distance: i64) -> bool {
        self.best
            .as_ref()
            .is_some_and(|best| best.distance < distance)
    }
}

// There are at most SPLIT_ROWS_MAX; saturation is unreachable.
fn count32(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
