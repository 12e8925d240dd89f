//! No pick may strand a single seat while another pick avoids it.

use crate::places::Places;
use crate::sale_terms::GapRule;
use crate::seat_layout::row_bits::{ROW_WORDS_MAX, RowBits};
use crate::seat_layout::{Row, SeatIndex, SeatLayout, SectionKind};

/// The seats that `picked` would newly strand and that another pick of as many seats would not;
/// `free` is the map before the pick. Empty when the rule has nothing against it.
pub(crate) fn avoidably_stranded(
    layout: &SeatLayout,
    free: &[u64],
    picked: &Places,
    rule: GapRule,
) -> Vec<SeatIndex> {
    let mut stranded = Vec::new();
    if rule == GapRule::Off {
        return stranded;
    }
    let mut seats = picked.seats.clone();
    seats.sort_unstable();
    for in_row in seats.chunk_by(|&a, &b| layout.row_of(a) == layout.row_of(b)) {
        let row = layout.row(layout.row_of(in_row[0]));
        let before = RowBits::<ROW_WORDS_MAX>::new(&free[row.word_range()]);
        let mut after = before;
        for seat in in_row {
            after.clear(seat.0 - row.first_seat.0);
        }
        let newly = after.singles().and_not(&before.singles());
        let quantity = u32::try_from(in_row.len()).unwrap_or(u32::MAX);
        if !newly.is_empty() && choice_avoids_it(layout, free, row, quantity, rule) {
            stranded.extend(newly.ones().map(|at| row.seat(at)));
        }
    }
    stranded
}

/// Whether as many adjacent seats are available without stranding anybody, in this row or, under
/// the strict rule, anywhere in its section.
fn choice_avoids_it(
    layout: &SeatLayout,
    free: &[u64],
    row: &Row,
    quantity: u32,
    rule: GapRule,
) -> bool {
    let avoids = |row: &Row| {
        let free = RowBits::<ROW_WORDS_MAX>::new(&free[row.word_range()]);
        !free
            .run_starts(quantity)
            .and_not(&free.stranding_starts(quantity))
            .is_empty()
    };
    match (rule, &layout.section(row.section).kind) {
        (GapRule::Strict, SectionKind::Reserved { rows, .. }) => layout.rows()
            [usize::from(rows.start)..usize::from(rows.end)]
            .iter()
            .any(avoids),
        (GapRule::Strict | GapRule::Lenient | GapRule::Off, _) => avoids(row),
    }
}
