//! Nobody is refused a seat that was surely free all the while.
//!
//! A refusal is no promise: it may rest on a hold that was decided and not yet journaled, and
//! that a crash then took back. So it is no step of the register's history. But somebody must have
//! asked for the seat and not have given it back for certain. Only a server that was deposed and
//! does not know it yet refuses by what it remembers; such refusals are counted.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::history::{Action, Answer, History, Operation, Outcome, Want};
use crate::summary::Summary;

/// When somebody may have had a seat.
#[derive(Clone, Copy, Debug)]
struct Span {
    from_us: u64,
    until_us: u64,
}

/// Checks every refusal that names seats.
pub(super) fn check(history: &History, summary: &mut Summary) {
    let spans = Spans::of(history);
    for operation in &history.operations {
        let Outcome::Refused(refusal) = &operation.outcome else {
            continue;
        };
        for seat in &refusal.taken {
            summary.count("refused seats", 1);
            if spans.explain(operation, seat) {
                continue;
            }
            if history.astray.contains(&operation.buyer) {
                summary.count("refused by the deposed", 1);
                continue;
            }
            let what = format!("{seat} was refused while it was surely free: {operation:?}");
            summary.violate(what);
        }
    }
}

#[derive(Debug, Default)]
struct Spans {
    by_seat: BTreeMap<String, Vec<Span>>,
    /// Of unknown outcomes that may have got any seat.
    anywhere: Vec<Span>,
}

impl Spans {
    fn of(history: &History) -> Self {
        let given_back = given_back(history);
        let mut spans = Self::default();
        for operation in &history.operations {
            let Action::Hold { want, .. } = &operation.action else {
                continue;
            };
            let mut span = Span {
                from_us: operation.invoked_us,
                until_us: u64::MAX,
            };
            if operation.attempts > 1 && matches!(want, Want::Best(_)) {
                // An earlier attempt may have had other seats, in a server that then died.
                spans.anywhere.push(Span {
                    until_us: operation.ended_us,
                    ..span
                });
            }
            let seats = match (&operation.outcome, want) {
                (Outcome::Ok(Answer::Held { hold, seats, .. }), _) => {
                    span.until_us = given_back.get(hold).copied().unwrap_or(u64::MAX);
                    seats
                }
                (outcome, Want::Seats(seats)) if may_be_decided(outcome) => seats,
                (outcome, Want::Best(_)) if may_be_decided(outcome) => {
                    spans.anywhere.push(span);
                    continue;
                }
                (Outcome::Ok(_) | Outcome::Refused(_) | Outcome::Unknown { .. }, _) => continue,
            };
            for seat in seats {
                spans.by_seat.entry(seat.clone()).or_default().push(span);
            }
        }
        spans
    }

    fn explain(&self, refused: &Operation, seat: &str) -> bool {
        let here = self.by_seat.get(seat).map_or(&[][..], Vec::as_slice);
        let mut spans = here.iter().chain(&self.anywhere);
        spans.any(|span| span.from_us <= refused.ended_us && refused.invoked_us <= span.until_us)
    }
}

/// Whether a server may have decided a hold although nobody was promised it: its outcome is
/// unknown, or the server learned only afterwards that it was deposed.
fn may_be_decided(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Unknown { .. } => true,
        Outcome::Refused(refusal) => refusal.status == 503,
        Outcome::Ok(_) => false,
    }
}

/// Until when each hold may have lasted that was given back for certain.
fn given_back(history: &History) -> BTreeMap<Uuid, u64> {
    let mut given_back = BTreeMap::new();
    for operation in &history.operations {
        if let (Action::Release { hold }, Outcome::Ok(_)) = (&operation.action, &operation.outcome)
        {
            given_back.insert(*hold, operation.ended_us);
        }
    }
    given_back
}
