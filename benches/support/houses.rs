//! Houses to measure with.

use actors::clock::{Clock, SystemClock};
use persistence::pool::PgPool;
use persistence::showtimes::{NewShowtime, Showtimes};
use seating::ids::ShowtimeId;
use seating::layout_spec::{
    LayoutSpec, Money, NumbersSpec, PriceTierSpec, RowSeatsSpec, RowSpec, SectionKindSpec,
    SectionSpec,
};
use seating::seat_layout::SeatLayout;
use seating::settings::Settings;
use uuid::Uuid;

/// Creates a showtime of one section.
pub(crate) async fn create(pool: &PgPool, rows: u32, seats_per_row: u32) -> ShowtimeId {
    let row = |at: u32| RowSpec {
        label: at.to_string(),
        seats: RowSeatsSpec::Grid {
            numbers: NumbersSpec::Count(seats_per_row),
            price_tier: "std".into(),
        },
    };
    let spec = LayoutSpec {
        sections: vec![SectionSpec {
            code: "MAIN".into(),
            name: "Main".into(),
            kind: SectionKindSpec::Reserved {
                rows: (1..=rows).map(row).collect(),
            },
        }],
        price_tiers: vec![PriceTierSpec {
            code: "std".into(),
            name: "Standard".into(),
            price: Money {
                amount: 150_000,
                currency: "INR".into(),
            },
        }],
    };
    let id = ShowtimeId::new(Uuid::now_v7());
    let now = SystemClock.now();
    let new = NewShowtime {
        id,
        event: None,
        title: "Benchmark",
        starts_at: now,
        created_at: now,
        created_by: None,
        layout: &SeatLayout::build(&spec).unwrap(),
        spec: &spec,
        settings: &Settings::default(),
        request: None,
    };
    Showtimes::new(pool.clone()).create(new).await.unwrap();
    id
}
