//! The three showtimes of a demonstration, on sale now: a theatre with a balcony, an arena and a club.

use actors::clock::Clock;
use persistence::audit_log::By;
use persistence::showtimes::{NewShowtime, Showtimes};
use seating::ids::ShowtimeId;
use seating::seat_layout::spec::{
    LayoutSpec, Money, NumbersSpec, PriceTierSpec, RowSeatsSpec, RowSpec, SectionKindSpec,
    SectionSpec,
};
use uuid::Uuid;

use super::create::{CreateError, create};
use super::rules::usual_terms;
use crate::wire::faults::Faults;

/// One showtime of the demonstration.
#[derive(Debug)]
pub struct DemoShowtime {
    /// Always the same, so that a walk through the program can be copied and pasted.
    pub id: ShowtimeId,
    pub title: &'static str,
    /// What it shows.
    pub about: &'static str,
    pub spec: LayoutSpec,
}

/// The theatre's id.
pub const THEATRE: ShowtimeId = demo_id(1);
/// The arena's id.
pub const ARENA: ShowtimeId = demo_id(2);
/// The club's id.
pub const CLUB: ShowtimeId = demo_id(3);

/// All three.
pub fn all() -> [DemoShowtime; 3] {
    [theatre(), arena(), club()]
}

/// The shows begin a month from the first start, so that they are on sale for a while.
const STARTS_IN_SECONDS: u32 = 30 * 24 * 60 * 60;

/// Creates those that are not there yet and leaves the others as they are.
///
/// # Errors
///
/// When one cannot be read or stored.
pub async fn open(showtimes: &Showtimes, clock: &dyn Clock) -> Result<(), CreateError> {
    for demo in all() {
        if showtimes.get(demo.id).await?.is_some() {
            continue;
        }
        let now = clock.now();
        let starts_at = now.plus_seconds(STARTS_IN_SECONDS);
        let new = NewShowtime {
            id: demo.id,
            event: None,
            title: demo.title,
            starts_at,
            by: By::COMMAND_LINE,
            spec: &demo.spec,
            terms: &usual_terms(starts_at),
            request: None,
        };
        if let Err(error) = create(showtimes, &new, Faults::default(), now).await {
            // Another program may have opened it since we looked.
            if showtimes.get(demo.id).await?.is_none() {
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Shaped like the `UUIDv7` of an early moment of 2026, recognisable by its end.
const fn demo_id(number: u128) -> ShowtimeId {
    ShowtimeId::new(Uuid::from_u128(
        0x019b_76da_a800_7000_8000_0000_0000_0000 | number,
    ))
}

/// 12 rows of 28 below and 6 of 24 above: 480 seats.
fn theatre() -> DemoShowtime {
    let orchestra = rows(
        'A',
        12,
        28,
        |row| if row < 4 { "PREMIUM" } else { "STANDARD" },
    );
    let balcony = rows('A', 6, 24, |_| "BALCONY");
    DemoShowtime {
        id: THEATRE,
        title: "A Midsummer Night's Dream",
        about: "a 480-seat theatre with a balcony",
        spec: LayoutSpec {
            sections: vec![
                reserved("ORCH", "Orchestra", orchestra),
                reserved("BALC", "Balcony", balcony),
            ],
            price_tiers: vec![
                tier("PREMIUM", "Premium", 250_000),
                tier("STANDARD", "Standard", 150_000),
                tier("BALCONY", "Balcony", 80_000),
            ],
            stage: None,
        },
    }
}

/// 40 sections of 450 seats: 16 on the lower ring, 24 on the upper.
fn arena() -> DemoShowtime {
    let section = |number: u32| {
        let lower = number <= 16;
        let price = if lower { "LOWER" } else { "UPPER" };
        let code = format!("{}", if lower { 100 + number } else { 184 + number });
        let name = format!("Section {code}");
        reserved(&code, &name, rows('A', 18, 25, |_| price))
    };
    DemoShowtime {
        id: ARENA,
        title: "The Monsoon Tour",
        about: "an 18,000-seat arena with 40 sections",
        spec: LayoutSpec {
            sections: (1..=40).map(section).collect(),
            price_tiers: vec![
                tier("LOWER", "Lower ring", 450_000),
                tier("UPPER", "Upper ring", 200_000),
            ],
            stage: None,
        },
    }
}

/// Two areas and no seats; the bar is free.
fn club() -> DemoShowtime {
    let area = |code: &str, name: &str, capacity, price_tier: &str| SectionSpec {
        code: code.to_owned(),
        name: name.to_owned(),
        kind: SectionKindSpec::GeneralAdmission {
            capacity,
            price_tier: price_tier.to_owned(),
        },
    };
    DemoShowtime {
        id: CLUB,
        title: "Late Night Jazz",
        about: "a general-admission club",
        spec: LayoutSpec {
            sections: vec![
                area("FLOOR", "Dance floor", 400, "ENTRY"),
                area("BAR", "Bar", 50, "FREE"),
            ],
            price_tiers: vec![
                tier("ENTRY", "Entry", 60_000),
                tier("FREE", "Free entry", 0),
            ],
            stage: None,
        },
    }
}

fn reserved(code: &str, name: &str, rows: Vec<RowSpec>) -> SectionSpec {
    SectionSpec {
        code: code.to_owned(),
        name: name.to_owned(),
        kind: SectionKindSpec::Reserved { rows, stage: None },
    }
}

fn rows(first: char, count: u32, seats: u32, tier: impl Fn(u32) -> &'static str) -> Vec<RowSpec> {
    let row = |(at, label): (u32, char)| RowSpec {
        label: label.to_string(),
        seats: RowSeatsSpec::Grid {
            numbers: NumbersSpec::Count(seats),
            price_tier: tier(at).to_owned(),
        },
    };
    (0..count).zip(first..).map(row).collect()
}

fn tier(code: &str, name: &str, amount: i64) -> PriceTierSpec {
    PriceTierSpec {
        code: code.to_owned(),
        name: name.to_owned(),
        price: Some(Money {
            amount,
            currency: "INR".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use seating::seat_layout::SeatLayout;

    use super::*;

    #[test]
    fn demo_showtimes_are_as_large_as_they_say() {
        let built = all().map(|demo| SeatLayout::build(&demo.spec).unwrap());
        let seats = built.each_ref().map(SeatLayout::seat_count);
        assert_eq!(seats, [480, 18_000, 0]);
        assert_eq!(built[2].capacity(), 450);
        assert_eq!(built[1].sections().len(), 40);
        assert!(built[0].find_seat("ORCH-A-1").is_some());
        assert!(built[0].find_section("BALC").is_some());
    }

    #[test]
    fn demo_ids_are_shaped_like_version_7() {
        for id in [THEATRE, ARENA, CLUB] {
            assert_eq!(id.uuid().get_version_num(), 7);
        }
    }
}
