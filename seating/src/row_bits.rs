//! One bit per seat, every row starting on a word of its own, so that questions about neighbours
//! are shifts. Bits past a row's end are 0, which reads as "not free": a row's end is a wall.

use crate::limits::SEATS_PER_ROW_MAX;

/// Words of the longest row.
pub(crate) const ROW_WORDS_MAX: usize = SEATS_PER_ROW_MAX.div_ceil(64);

/// The bits of one row, copied out to work on.
#[derive(Clone, Copy)]
pub(crate) struct RowBits {
    words: [u64; ROW_WORDS_MAX],
    len: usize,
}

impl RowBits {
    /// Copies a row's words.
    pub(crate) fn new(row: &[u64]) -> Self {
        let mut words = [0; ROW_WORDS_MAX];
        words[..row.len()].copy_from_slice(row);
        Self {
            words,
            len: row.len(),
        }
    }

    /// Clears the bit of seat `at`.
    pub(crate) fn clear(&mut self, at: u32) {
        self.words[(at / 64) as usize] &= !(1 << (at % 64));
    }

    /// Whether no bit is set.
    pub(crate) fn is_empty(&self) -> bool {
        self.words[..self.len].iter().all(|&word| word == 0)
    }

    /// How many bits are set.
    pub(crate) fn count(&self) -> u32 {
        self.words[..self.len]
            .iter()
            .map(|word| word.count_ones())
            .sum()
    }

    /// The set bits, lowest first.
    pub(crate) fn ones(self) -> impl Iterator<Item = u32> {
        (0_u32..)
            .zip(self.words)
            .take(self.len)
            .flat_map(|(at, mut word)| {
                std::iter::from_fn(move || {
                    (word != 0).then(|| {
                        let bit = word.trailing_zeros();
                        word &= word - 1;
                        at * 64 + bit
                    })
                })
            })
    }

    /// Bits set in both.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        for (word, other) in self.words[..self.len].iter_mut().zip(other.words) {
            *word &= other;
        }
        self
    }

    /// Bits set here and not there.
    pub(crate) fn and_not(mut self, other: &Self) -> Self {
        for (word, other) in self.words[..self.len].iter_mut().zip(other.words) {
            *word &= !other;
        }
        self
    }

    /// Bit `s` of the answer is bit `s + by` of this; `by` is less than 64.
    fn ahead(&self, by: u32) -> Self {
        let mut out = *self;
        if by == 0 {
            return out;
        }
        for at in 0..self.len {
            let next = if at + 1 < self.len {
                self.words[at + 1]
            } else {
                0
            };
            out.words[at] = self.words[at] >> by | next << (64 - by);
        }
        out
    }

    /// Bit `s` of the answer is bit `s - by` of this; `by` is from 1 to 63.
    fn behind(&self, by: u32) -> Self {
        let mut out = *self;
        for at in 0..self.len {
            let before = if at > 0 { self.words[at - 1] } else { 0 };
            out.words[at] = self.words[at] << by | before >> (64 - by);
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

    /// Starts of blocks of `quantity` that would leave a single free seat beside them, where
    /// `self` says which seats are free.
    pub(crate) fn stranding_starts(&self, quantity: u32) -> Self {
        let left = self.behind(1).and_not(&self.behind(2));
        let right = self.ahead(quantity).and_not(&self.ahead(quantity + 1));
        let mut either = left;
        for (word, right) in either.words[..either.len].iter_mut().zip(right.words) {
            *word |= right;
        }
        either
    }

    /// Set bits without a set neighbour.
    pub(crate) fn singles(&self) -> Self {
        self.and_not(&self.behind(1)).and_not(&self.ahead(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(pattern: &str) -> RowBits {
        let mut words = vec![0; pattern.len().div_ceil(64)];
        for (at, _) in pattern.chars().enumerate().filter(|(_, c)| *c == '1') {
            words[at / 64] |= 1 << (at % 64);
        }
        RowBits::new(&words)
    }

    fn ones(bits: RowBits) -> Vec<u32> {
        bits.ones().collect()
    }

    #[test]
    fn runs_cross_word_borders() {
        let row = bits(&format!("{}1111{}", "0".repeat(62), "0".repeat(30)));
        assert_eq!(ones(row.run_starts(3)), [62, 63]);
        assert_eq!(ones(row.run_starts(4)), [62]);
        assert!(row.run_starts(5).is_empty());
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
    fn singles_have_no_neighbour() {
        assert_eq!(ones(bits("1011010").singles()), [0, 5]);
    }
}
