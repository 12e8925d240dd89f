//! One bit per seat, every row starting on a word of its own, so that questions about neighbours
//! are shifts. Bits past a row's end are 0, which reads as "not free": a row's end is a wall.
//!
//! Nearly every row fits in one word, so the number of words is a constant of the type and the
//! questions about such rows are a handful of instructions.

use crate::limits::SEATS_PER_ROW_MAX;

/// Words of the longest row.
pub(crate) const ROW_WORDS_MAX: usize = SEATS_PER_ROW_MAX.div_ceil(64);

/// The bits of one row of at most so many words, copied out to work on.
#[derive(Clone, Copy)]
pub(crate) struct RowBits<const WORDS: usize>([u64; WORDS]);

impl<const WORDS: usize> RowBits<WORDS> {
    /// No bit set.
    pub(crate) const EMPTY: Self = Self([0; WORDS]);

    /// Copies a row's words.
    pub(crate) fn new(row: &[u64]) -> Self {
        let mut words = [0; WORDS];
        // A row of one word is not worth a call to copy memory.
        for (word, from) in words.iter_mut().zip(row) {
            *word = *from;
        }
        Self(words)
    }

    /// Clears the bit of seat `at`.
    pub(crate) fn clear(&mut self, at: u32) {
        self.0[(at / 64) as usize] &= !(1 << (at % 64));
    }

    /// Whether no bit is set.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }

    /// The set bits, lowest first.
    pub(crate) fn ones(self) -> impl Iterator<Item = u32> {
        let numbered = (0_u32..).zip(self.0);
        numbered.flat_map(|(at, word)| ones_of(word).map(move |bit| at * 64 + bit))
    }

    /// The lowest set bit from `at` on.
    pub(crate) fn first_from(&self, at: u32) -> Option<u32> {
        let (first, bits) = (at / 64, u64::MAX << (at % 64));
        let words = (0_u32..).zip(self.0).skip(first as usize);
        let mut set = words.map(|(at, word)| (at, if at == first { word & bits } else { word }));
        let (at, word) = set.find(|&(_, word)| word != 0)?;
        Some(at * 64 + word.trailing_zeros())
    }

    /// The highest set bit before `at`.
    pub(crate) fn last_before(&self, at: u32) -> Option<u32> {
        let (last, bits) = (at / 64, !(u64::MAX << (at % 64)));
        let words = (0_u32..).zip(self.0).take(last as usize + 1);
        let set = words.map(|(at, word)| (at, if at == last { word & bits } else { word }));
        let (at, word) = set.filter(|&(_, word)| word != 0).last()?;
        Some(at * 64 + word.ilog2())
    }

    /// Bits set in both.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word &= other;
        }
        self
    }

    /// Bits set here and not there.
    pub(crate) fn and_not(mut self, other: &Self) -> Self {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word &= !other;
        }
        self
    }

    /// Bits set in either.
    fn or(mut self, other: &Self) -> Self {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word |= other;
        }
        self
    }

    /// Bit `s` of the answer is bit `s + by` of this; `by` is from 1 to 63.
    pub(crate) fn ahead(&self, by: u32) -> Self {
        let mut out = *self;
        for at in 0..WORDS {
            let next = if at + 1 < WORDS { self.0[at + 1] } else { 0 };
            out.0[at] = self.0[at] >> by | next << (64 - by);
        }
        out
    }

    /// Bit `s` of the answer is bit `s - by` of this; `by` is from 1 to 63.
    fn behind(&self, by: u32) -> Self {
        let mut out = *self;
        for at in 0..WORDS {
            let before = if at > 0 { self.0[at - 1] } else { 0 };
            out.0[at] = self.0[at] << by | before >> (64 - by);
        }
        out
    }

    /// Where a run of `quantity` set bits starts.
    pub(crate) fn run_starts(&self, quantity: u32) -> Self {
        let mut starts = *self;
        let mut covered = 1;
        while covered < quantity {
            let by = covered.min(quantity - covered);
            starts = starts.and(&starts.ahead(by));
            covered += by;
        }
        starts
    }

    /// The length of the longest run of set bits, or `at_most` if it is longer.
    pub(crate) fn longest_run(&self, at_most: u32) -> u32 {
        let mut starts = *self;
        let mut length = 0;
        while length < at_most && !starts.is_empty() {
            length += 1;
            starts = starts.and(&starts.ahead(1));
        }
        length
    }

    /// Starts of blocks of `quantity` that would leave a single free seat beside them, where
    /// `self` says which seats are free.
    pub(crate) fn stranding_starts(&self, quantity: u32) -> Self {
        let left = self.behind(1).and_not(&self.behind(2));
        let right = self.ahead(quantity).and_not(&self.ahead(quantity + 1));
        left.or(&right)
    }

    /// Starts of blocks of `quantity` that leave room for as many more of them as there could be,
    /// where `self` says which seats are free: what is left of a run to both sides gives up no more
    /// seats than the run would in any case.
    pub(crate) fn packing_starts(&self, quantity: u32) -> Self {
        let mut starts = Self::EMPTY;
        let mut from = 0;
        while let Some(first) = self.first_from(from) {
            let end = self.first_unset_from(first);
            for start in first..(end + 1).saturating_sub(quantity) {
                let (before, after) = (start - first, end - start - quantity);
                if before % quantity + after % quantity < quantity {
                    starts.set(start);
                }
            }
            from = end;
        }
        starts
    }

    fn set(&mut self, at: u32) {
        self.0[(at / 64) as usize] |= 1 << (at % 64);
    }

    /// The lowest unset bit from `at` on, or the end.
    fn first_unset_from(&self, at: u32) -> u32 {
        let mut unset = *self;
        for word in &mut unset.0 {
            *word = !*word;
        }
        let end = u64::BITS * u32::try_from(WORDS).unwrap_or(u32::MAX);
        unset.first_from(at).unwrap_or(end)
    }

    /// Set bits without a set neighbour.
    pub(crate) fn singles(&self) -> Self {
        self.and_not(&self.behind(1)).and_not(&self.ahead(1))
    }
}

fn ones_of(mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = word.trailing_zeros();
        // The lowest bit goes; from an empty word there is none to go.
        word &= word.wrapping_sub(1);
        (bit < u64::BITS).then_some(bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(pattern: &str) -> RowBits<ROW_WORDS_MAX> {
        let mut words = vec![0; pattern.len().div_ceil(64)];
        for (at, _) in pattern.chars().enumerate().filter(|(_, c)| *c == '1') {
            words[at / 64] |= 1 << (at % 64);
        }
        RowBits::new(&words)
    }

    fn ones(bits: RowBits<ROW_WORDS_MAX>) -> Vec<u32> {
        bits.ones().collect()
    }

    #[test]
    fn runs_cross_word_borders() {
        let row = bits(&format!("{}1111{}", "0".repeat(62), "0".repeat(30)));
        assert_eq!(ones(row.run_starts(3)), [62, 63]);
        assert_eq!(ones(row.run_starts(4)), [62]);
        assert!(row.run_starts(5).is_empty());
        assert_eq!(row.longest_run(10), 4);
        assert_eq!(row.longest_run(3), 3);
    }

    #[test]
    fn stranding_is_seen_on_both_sides_and_at_the_walls() {
        let row = bits("11110111");
        let runs = row.run_starts(2);
        assert_eq!(ones(runs), [0, 1, 2, 5, 6]);
        assert_eq!(ones(runs.and_not(&row.stranding_starts(2))), [0, 2]);
        let three = row.run_starts(3).and_not(&row.stranding_starts(3));
        assert_eq!(
            ones(three),
            [5],
            "the whole run of three leaves nobody alone"
        );
    }

    #[test]
    fn nearest_set_bits_are_found_on_both_sides() {
        let row = bits(&format!("01{}1{}1", "0".repeat(61), "0".repeat(63)));
        assert_eq!(ones(row), [1, 63, 127]);
        let found = |at| (row.last_before(at), row.first_from(at));
        assert_eq!(found(0), (None, Some(1)));
        assert_eq!(found(1), (None, Some(1)));
        assert_eq!(found(2), (Some(1), Some(63)));
        assert_eq!(found(63), (Some(1), Some(63)));
        assert_eq!(found(64), (Some(63), Some(127)));
        assert_eq!(found(128), (Some(127), None));
        let full = RowBits::<1>::new(&[u64::MAX]);
        assert_eq!(
            (full.last_before(64), full.first_from(64)),
            (Some(63), None)
        );
    }

    #[test]
    fn singles_have_no_neighbour() {
        assert_eq!(ones(bits("1011010").singles()), [0, 5]);
    }

    #[test]
    fn full_word_is_one_run_up_to_its_walls() {
        let row = RowBits::<1>::new(&[u64::MAX]);
        assert_eq!(row.run_starts(10).ones().last(), Some(54));
        assert_eq!(row.stranding_starts(10).ones().collect::<Vec<_>>(), [1, 53]);
    }
}
