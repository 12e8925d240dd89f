//! Random buyers, faults and clocks against real owners, from a seed that a failure prints.

use std::collections::BTreeMap;

use actors::box_office::BoxOffice;
use actors::options::Options;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use seating::command::Command;
use seating::event::Event;
use seating::ids::{BookingId, BuyerId, HoldId};
use seating::journal::memory::Mode;
use seating::rejection::HoldEnd;
use seating::settings::Settings;
use seating::snapshot::{BookingState, HoldLife};

use crate::owners::support::{House, best, buyer, confirm, hold, party};

/// What a client was told.
#[derive(Default)]
struct Told {
    held: BTreeMap<HoldId, BuyerId>,
    confirmed: Vec<BookingId>,
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_what_was_acknowledged_is_there() {
    let seeds = std::env::var("FULLHOUSE_SIMULATION_SEEDS").ok();
    let seeds: u64 = seeds.and_then(|seeds| seeds.parse().ok()).unwrap_or(200);
    for seed in 0..seeds {
        simulate(seed).await;
    }
}

async fn simulate(seed: u64) {
    let mut random = SmallRng::seed_from_u64(seed);
    let options = Options {
        snapshot_every: 10,
        ..Options::default()
    };
    let house = House::open_with(options, Settings::default(), 256).await;
    let mut told = Told::default();
    for _ in 0..60 {
        match random.random_range(0..20) {
            0 => house.journal.set_mode(Mode::HeldBack),
            1 => house.journal.commit_all(),
            2..=4 => house.journal.set_mode(Mode::Prompt),
            5 => kill(&house.box_office, &house, random.random()).await,
            6 => house.clock.advance_seconds(random.random_range(0..400)),
            7 => house.journal.damage_snapshots(house.showtime),
            8 => house.journal.set_mode(Mode::Away),
            _ => buy(&house, &mut told, &mut random).await,
        }
    }
    house.journal.set_mode(Mode::Prompt);
    verify(seed, &house, &told);
}

async fn kill(office: &BoxOffice, house: &House, by_panic: bool) {
    if let Ok(showtime) = office.showtime(house.showtime).await {
        if by_panic {
            showtime.panic_owner();
        } else {
            showtime.kill_owner();
        }
    }
}

async fn buy(house: &House, told: &mut Told, random: &mut SmallRng) {
    let Ok(showtime) = house.box_office.showtime(house.showtime).await else {
        return;
    };
    let wanted: Vec<_> = told
        .held
        .iter()
        .map(|(hold, buyer)| (*hold, *buyer))
        .collect();
    let chosen = wanted
        .get(random.random_range(0..wanted.len().max(1)))
        .copied();
    let (command, of) = match (random.random_range(0..6), chosen) {
        (0, Some((hold, _))) => (confirm(hold), Some(hold)),
        (1, Some((hold, owner))) => (
            Command::Release {
                hold,
                by: party(owner),
            },
            Some(hold),
        ),
        (2 | 3, _) => (best(buyer(), random.random_range(1..=6)), None),
        _ => (hold(buyer(), &[random.random_range(0..200)]), None),
    };
    // Whatever came of it, what this call asked to end is no longer promised to anybody.
    if let Some(hold) = of {
        told.held.remove(&hold);
    }
    // tokio's time is paused: a call that gets no answer ends at its deadline all the same.
    if let Ok(answer) = showtime.execute(command, None).await {
        if let Event::Held(held) = &answer.entry.event {
            told.held.insert(held.hold, held.buyer);
        }
        if let Event::Confirmed(sale) = &answer.entry.event {
            told.confirmed.push(sale.booking);
        }
    }
}

fn verify(seed: u64, house: &House, told: &Told) {
    let entries = house.journal.durable(house.showtime);
    for (entry, expected) in entries.iter().zip(1..) {
        assert_eq!(entry.seq.0, expected, "seed {seed}: the journal has a gap");
    }
    let map = house.replayed();
    for hold in told.held.keys() {
        let life = map.hold(*hold).map(|hold| hold.life);
        let kept = matches!(
            life,
            Some(HoldLife::Held | HoldLife::Ended(HoldEnd::Expired))
        );
        assert!(kept, "seed {seed}: an acknowledged hold is {life:?}");
    }
    for booking in &told.confirmed {
        let state = map.booking(*booking).map(|booking| booking.state);
        let sold = state == Some(BookingState::Confirmed);
        assert!(sold, "seed {seed}: an acknowledged sale is {state:?}");
    }
    assert_eq!(map.house_counts().oversold(), 0, "seed {seed}");
}
