//! A small trial in which everything is right, and its parts.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::evidence::{BookingRow, Decision, Entry, Evidence, TicketRow};
use crate::history::{
    Action, Answer, History, MapView, Operation, Outcome, Refusal, Seen, Ticket, Want,
};

/// Person 1 buys A and B; person 2 holds C and gives it back, and person 4 gets it; person 3 wants
/// A and is refused; person 5's wish for D is unknown and never happened; person 4 extends.
pub(super) fn clean() -> (History, Evidence) {
    let history = History {
        operations: operations(),
        ..History::default()
    };
    let said = [(1, "confirmed"), (2, "released"), (4, "held")];
    let seen = [
        ('A', Seen::Booked),
        ('B', Seen::Booked),
        ('C', Seen::Reserved),
    ];
    let evidence = Evidence {
        journal: journal(),
        view: MapView {
            seq: 7,
            seats: view(&seen),
        },
        holds: said.map(|(n, said)| (id(n), said.to_owned())).into(),
        tickets: vec![ticket(7_000, 70, "A"), ticket(7_001, 70, "B")],
        bookings: vec![BookingRow {
            id: id(70),
            hold_id: id(1),
            state: "confirmed".to_owned(),
        }],
        differences: Vec::new(),
    };
    (history, evidence)
}

const LATER: &str = "2026-11-20T12:01:30.000000Z";

fn operations() -> Vec<Operation> {
    let sold = Answer::Sold {
        booking: id(70),
        tickets: vec![promised(7_000, "A"), promised(7_001, "B")],
        seq: 5,
    };
    let extended = Answer::Extended {
        expires_at: LATER.to_owned(),
        seq: 7,
    };
    let seen = ['A', 'B', 'C'].map(|seat| (seat, Seen::Reserved));
    let look = MapView {
        seq: 3,
        seats: view(&seen),
    };
    let release = Action::Release { hold: id(2) };
    let released = Outcome::Ok(Answer::Released { seq: 4 });
    let (hold, seconds) = (id(4), 30);
    let extend = Action::Extend { hold, seconds };
    vec![
        held((10, 20), 1, &["A", "B"], 2),
        held((12, 25), 2, &["C"], 3),
        operation((26, 28), Action::Look, Outcome::Ok(Answer::Seen(look))),
        operation((30, 40), wish(3, &["A", "C"]), refused(&["A", "C"])),
        operation((41, 50), release, released),
        operation((42, 52), Action::Confirm { hold: id(1) }, Outcome::Ok(sold)),
        held((53, 60), 4, &["C"], 6),
        operation((61, 69), wish(5, &["D"]), unknown()),
        operation((70, 80), extend, Outcome::Ok(extended)),
    ]
}

fn journal() -> Vec<Entry> {
    let extended = Decision::Extended {
        hold_id: id(4),
        expires_at: LATER.to_owned(),
    };
    vec![
        entry(1, Decision::Opened),
        held_entry(2, 1, &["A", "B"]),
        held_entry(3, 2, &["C"]),
        entry(4, Decision::Released { hold_id: id(2) }),
        sold_entry(5, 1, 70, &["A", "B"]),
        held_entry(6, 4, &["C"]),
        entry(7, extended),
    ]
}

fn promised(ticket: u128, seat: &str) -> Ticket {
    Ticket {
        seat: seat.to_owned(),
        id: id(ticket),
    }
}

const DEADLINE: &str = "2026-11-20T12:01:00.000000Z";

pub(super) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(super) fn seats(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// An operation that takes the given span.
pub(super) fn operation(span: (u64, u64), action: Action, outcome: Outcome) -> Operation {
    Operation {
        buyer: 0,
        action,
        invoked_us: span.0,
        ended_us: span.1,
        attempts: 1,
        outcome,
    }
}

/// Person `n` asks for seats and gets hold `n`, with entry `seq`.
pub(super) fn held(span: (u64, u64), n: u128, names: &[&str], seq: u64) -> Operation {
    let outcome = Outcome::Ok(Answer::Held {
        hold: id(n),
        seats: seats(names),
        expires_at: DEADLINE.to_owned(),
        seq,
    });
    operation(span, wish(n, names), outcome)
}

pub(super) fn wish(n: u128, names: &[&str]) -> Action {
    Action::Hold {
        person: id(n),
        want: Want::Seats(seats(names)),
        ttl_seconds: 60,
    }
}

pub(super) fn unknown() -> Outcome {
    let why = "cut off".to_owned();
    Outcome::Unknown { why }
}

pub(super) fn refused(taken: &[&str]) -> Outcome {
    Outcome::Refused(Refusal {
        status: 409,
        code: "SEATS_UNAVAILABLE".to_owned(),
        taken: seats(taken),
    })
}

pub(super) fn entry(seq: u64, decision: Decision) -> Entry {
    let at = "2026-11-20T12:00:00.000000Z".to_owned();
    Entry { seq, at, decision }
}

pub(super) fn held_entry(seq: u64, n: u128, names: &[&str]) -> Entry {
    entry(
        seq,
        Decision::Held {
            hold_id: id(n),
            buyer_id: id(n),
            seats: seats(names),
            expires_at: DEADLINE.to_owned(),
        },
    )
}

pub(super) fn sold_entry(seq: u64, n: u128, booking: u128, names: &[&str]) -> Entry {
    let tickets = (0..names.len() as u128).map(|at| id(booking * 100 + at));
    entry(
        seq,
        Decision::Confirmed {
            booking_id: id(booking),
            hold_id: id(n),
            seats: seats(names),
            ticket_ids: tickets.collect(),
        },
    )
}

/// A layout of A to D, free unless said otherwise.
pub(super) fn view(taken: &[(char, Seen)]) -> BTreeMap<String, Seen> {
    let free = ('A'..='D').map(|seat| (seat.to_string(), Seen::Available));
    let taken = taken.iter().map(|(seat, seen)| (seat.to_string(), *seen));
    free.chain(taken).collect()
}

pub(super) fn ticket(ticket: u128, booking: u128, seat: &str) -> TicketRow {
    TicketRow {
        id: id(ticket),
        booking_id: id(booking),
        seat_id: Some(seat.to_owned()),
        live: true,
    }
}
