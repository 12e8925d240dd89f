//! What buyers were told, against what the journal keeps.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::replay::{End, Fate, Replay};
use crate::history::{Action, Answer, History, Operation, Outcome, Want};
use crate::summary::Summary;

/// What may have been asked about one hold: promised or unknown, but not refused.
#[derive(Debug, Default)]
struct Asked {
    releases: usize,
    confirms: usize,
    extensions: usize,
}

/// Every promise is kept, every refusal changed nothing, every unknown outcome is whole or not
/// at all, and nothing is stored that nobody asked for.
pub(super) fn check(history: &History, replay: &Replay, summary: &mut Summary) {
    let mut holds_of: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for (&hold, fate) in &replay.holds {
        holds_of.entry(fate.person).or_default().push(hold);
    }
    let mut asked: BTreeMap<Uuid, Asked> = BTreeMap::new();
    let mut sold: BTreeMap<String, Uuid> = BTreeMap::new();
    for operation in &history.operations {
        match &operation.action {
            Action::Hold { person, want, .. } => {
                let stored = holds_of.remove(person).unwrap_or_default();
                hold(operation, want, &stored, replay, summary);
            }
            Action::Release { hold } | Action::Extend { hold, .. } | Action::Confirm { hold } => {
                note(operation, asked.entry(*hold).or_default());
                later(operation, replay.holds.get(hold), summary);
            }
            Action::Look => {}
        }
        once(operation, &mut sold, summary);
    }
    for (person, holds) in holds_of {
        summary.violate(format!("{person} has {holds:?} and never asked for any"));
    }
    for (hold, fate) in &replay.holds {
        unasked(*hold, fate, asked.get(hold), summary);
    }
}

/// No two buyers were told that they have the same seat for good.
fn once(operation: &Operation, sold: &mut BTreeMap<String, Uuid>, summary: &mut Summary) {
    let Outcome::Ok(Answer::Sold {
        booking, tickets, ..
    }) = &operation.outcome
    else {
        return;
    };
    for ticket in tickets {
        if let Some(other) = sold.insert(ticket.seat.clone(), *booking) {
            let seat = &ticket.seat;
            summary.violate(format!("{seat} was promised to {other} and to {booking}"));
        }
    }
}

fn hold(
    operation: &Operation,
    want: &Want,
    stored: &[Uuid],
    replay: &Replay,
    summary: &mut Summary,
) {
    let found = stored.first().and_then(|hold| replay.holds.get(hold));
    let say = |what: &str| format!("{what}: {operation:?}, stored {stored:?} {found:?}");
    summary.demand(stored.len() <= 1, || say("one request made several holds"));
    match (&operation.outcome, found) {
        (
            Outcome::Ok(Answer::Held {
                hold,
                seats,
                expires_at,
                seq,
            }),
            Some(fate),
        ) => {
            let kept = stored.first() == Some(hold)
                && fate.seats == *seats
                && fate.expires_at == *expires_at
                && fate.seq == *seq;
            summary.demand(kept, || say("a hold differs from what was promised"));
            summary.demand(fits(want, seats), || {
                say("a hold is not what was asked for")
            });
        }
        (Outcome::Ok(_), _) => summary.violate(say("a promised hold is lost")),
        (Outcome::Refused(_), Some(_)) => summary.violate(say("a refused hold is stored")),
        (Outcome::Refused(_), None) => {}
        (Outcome::Unknown { .. }, Some(fate)) => {
            summary.count("unknown there", 1);
            summary.demand(fits(want, &fate.seats), || {
                say("an unknown hold is there in part")
            });
        }
        (Outcome::Unknown { .. }, None) => summary.count("unknown not", 1),
    }
}

/// Whether these are all the seats that were wanted, and no others.
fn fits(want: &Want, seats: &[String]) -> bool {
    match want {
        Want::Best(quantity) => seats.len() == *quantity,
        Want::Seats(wanted) => {
            let (mut wanted, mut seats) = (wanted.clone(), seats.to_vec());
            wanted.sort();
            seats.sort();
            wanted == seats
        }
    }
}

/// A release, an extension or a sale.
fn later(operation: &Operation, fate: Option<&Fate>, summary: &mut Summary) {
    let end = fate.and_then(|fate| fate.end.as_ref());
    let there = match (&operation.action, end) {
        (Action::Release { .. }, Some(End::Released(_)))
        | (Action::Confirm { .. }, Some(End::Sold(_))) => true,
        (Action::Extend { .. }, _) => fate.is_some_and(|fate| !fate.extended.is_empty()),
        _ => false,
    };
    match &operation.outcome {
        Outcome::Ok(answer) => summary.demand(is_kept(answer, fate), || {
            format!("a promise is not kept: {operation:?}, stored {fate:?}")
        }),
        Outcome::Refused(_) => {}
        Outcome::Unknown { .. } if there => summary.count("unknown there", 1),
        Outcome::Unknown { .. } => summary.count("unknown not", 1),
    }
}

fn is_kept(answer: &Answer, fate: Option<&Fate>) -> bool {
    let Some(fate) = fate else {
        return false;
    };
    match answer {
        Answer::Released { seq } => fate.end == Some(End::Released(*seq)),
        Answer::Extended { expires_at, seq } => fate.extended.contains(&(*seq, expires_at.clone())),
        Answer::Sold {
            booking,
            tickets,
            seq,
        } => match &fate.end {
            Some(End::Sold(sale)) => {
                (sale.booking, &sale.tickets, sale.seq) == (*booking, tickets, *seq)
            }
            Some(End::Released(_) | End::Expired) | None => false,
        },
        Answer::Held { .. } | Answer::Seen(_) => false,
    }
}

fn note(operation: &Operation, asked: &mut Asked) {
    if matches!(operation.outcome, Outcome::Refused(_)) {
        return;
    }
    match operation.action {
        Action::Release { .. } => asked.releases += 1,
        Action::Confirm { .. } => asked.confirms += 1,
        Action::Extend { .. } => asked.extensions += 1,
        Action::Hold { .. } | Action::Look => {}
    }
}

/// What was refused, or asked by nobody, must not have happened.
fn unasked(hold: Uuid, fate: &Fate, asked: Option<&Asked>, summary: &mut Summary) {
    let none = Asked::default();
    let asked = asked.unwrap_or(&none);
    let fair = match &fate.end {
        Some(End::Released(_)) => asked.releases > 0,
        Some(End::Sold(_)) => asked.confirms > 0,
        Some(End::Expired) | None => true,
    };
    summary.demand(fair && fate.extended.len() <= asked.extensions, || {
        format!("more happened to hold {hold} than was asked: {fate:?}, asked {asked:?}")
    });
}
