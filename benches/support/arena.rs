//! The layout that everything is measured in.

use testkit::layouts::TestLayout;

const ROW: u32 = 50;
const ROWS: u32 = 25;

/// An arena of so many seats: sections of 25 rows of 50.
pub(crate) fn arena(size: u32) -> TestLayout {
    let mut described = TestLayout::empty()
        .tier("GOLD", 500_000)
        .tier("SILVER", 250_000);
    let rows = size / ROW;
    for section in 0..rows.div_ceil(ROWS) {
        let here = ROWS.min(rows - section * ROWS);
        let rows: Vec<(u32, u32)> = (1..=here).map(|row| (row, ROW)).collect();
        let tier = if section % 2 == 0 { "GOLD" } else { "SILVER" };
        described = described.section(&format!("S{section:02}"), tier, &rows);
    }
    described
}
