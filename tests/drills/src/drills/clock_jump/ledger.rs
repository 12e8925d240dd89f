//! What must be so, by the true time and the deadlines that buyers were told.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt;
use rand::rngs::SmallRng;
use serde_json::Value;

use crate::error::DrillError;
use crate::summary::Summary;

/// By how much a clock may be wrong and sell all the same, in seconds.
pub(super) const WRONG_MAX: i64 = 3;
/// By how much a deadline may be late, in seconds: its hold was granted by a clock that was behind
/// while the showtime's own time was ahead, and is over by a clock that is behind again.
const LATE_MAX: i64 = 3 * WRONG_MAX;

/// From when until when a house is on sale.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) from: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
}

/// The true time before and after a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct During {
    pub(super) asked: DateTime<Utc>,
    pub(super) answered: DateTime<Utc>,
}

/// A hold that was granted.
#[derive(Clone, Debug)]
pub(super) struct Hold {
    pub(super) id: String,
    pub(super) buyer: String,
    seats: Vec<String>,
    deadline: DateTime<Utc>,
}

/// What something must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expectation {
    /// By any clock that may sell its time has not come.
    Before,
    /// By any of them it has.
    Over,
    /// It depends on the clock.
    Either,
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Granted, and not known to be over.
    holds: Vec<Hold>,
    sold: BTreeSet<String>,
}

impl During {
    /// What must be so of something that happens at `at`.
    pub(super) fn expects(self, at: DateTime<Utc>) -> Expectation {
        if self.answered + TimeDelta::seconds(WRONG_MAX) < at {
            Expectation::Before
        } else if self.asked - TimeDelta::seconds(LATE_MAX) >= at {
            Expectation::Over
        } else {
            Expectation::Either
        }
    }
}

impl Window {
    /// Whether something could be bought.
    pub(super) fn is_open(self, during: During) -> Option<bool> {
        match (during.expects(self.from), during.expects(self.until)) {
            (Expectation::Before, _) | (_, Expectation::Over) => Some(false),
            (Expectation::Over, Expectation::Before) => Some(true),
            (Expectation::Either, _) | (_, Expectation::Either) => None,
        }
    }
}

impl Hold {
    /// A hold as it was answered, whose deadline must be as far away as its buyer asked.
    pub(super) fn of(answer: &Value, buyer: String) -> Result<Self, DrillError> {
        let of = &answer["data"];
        let unreadable = || DrillError::Unexpected(format!("not a hold: {answer}"));
        let seats = of["seats"].as_array().ok_or_else(unreadable)?.iter();
        Ok(Self {
            id: of["hold_id"].as_str().ok_or_else(unreadable)?.to_owned(),
            buyer,
            seats: seats.filter_map(seat_id).collect(),
            deadline: time(&of["expires_at"]).ok_or_else(unreadable)?,
        })
    }

    pub(super) fn expectation(&self, during: During) -> Expectation {
        during.expects(self.deadline)
    }

    /// Whether it lives for so many seconds from when it was granted.
    pub(super) fn lives_for(&self, seconds: i64, during: During) -> bool {
        let wrong = TimeDelta::seconds(seconds + WRONG_MAX);
        let right = TimeDelta::seconds(seconds - WRONG_MAX);
        self.deadline >= during.asked + right && self.deadline <= during.answered + wrong
    }

    fn overlaps(&self, seats: &[String]) -> bool {
        self.seats.iter().any(|seat| seats.contains(seat))
    }
}

impl Ledger {
    /// A hold was granted: nothing that must be alive may overlap it.
    pub(super) fn grant(&mut self, hold: Hold, during: During, summary: &mut Summary) {
        let sold = hold.seats.iter().find(|seat| self.sold.contains(*seat));
        summary.demand(sold.is_none(), || format!("{hold:?} is of sold seats"));
        let overlapped = self.holds.iter();
        for other in overlapped.filter(|other| other.overlaps(&hold.seats)) {
            let over = other.expectation(during) != Expectation::Before;
            summary.demand(over, || {
                format!("{hold:?} overlaps {other:?}, which must be alive")
            });
        }
        // Whatever it overlaps has expired before.
        self.holds.retain(|other| !other.overlaps(&hold.seats));
        self.holds.push(hold);
    }

    /// Whether something may stand in the way of what was refused.
    pub(super) fn justifies(&self, body: &Value, during: During) -> bool {
        let wanted: Vec<String> = body["seats"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|seat| seat.as_str().map(str::to_owned))
            .collect();
        let sold = wanted.iter().any(|seat| self.sold.contains(seat));
        let held = self
            .holds
            .iter()
            .any(|hold| hold.overlaps(&wanted) && hold.expectation(during) != Expectation::Over);
        sold || held
    }

    pub(super) fn some(&self, random: &mut SmallRng) -> Option<Hold> {
        match self.holds.len() {
            0 => None,
            some => Some(self.holds[random.random_range(0..some)].clone()),
        }
    }

    pub(super) fn sell(&mut self, hold: &Hold) {
        self.sold.extend(hold.seats.iter().cloned());
        self.end(hold);
    }

    pub(super) fn end(&mut self, hold: &Hold) {
        self.holds.retain(|other| other.id != hold.id);
    }
}

/// The journal by itself: time never runs backwards nor ahead of the true time, nothing is held
/// outside the sale, nothing expires before its deadline, nothing is sold after it, and no two live
/// holds share a seat.
pub(super) fn judge_journal(
    journal: &[Value],
    window: Window,
    true_now: DateTime<Utc>,
    summary: &mut Summary,
) {
    let latest = true_now + TimeDelta::seconds(WRONG_MAX);
    let mut at = None;
    let mut live: BTreeMap<String, (Vec<String>, DateTime<Utc>)> = BTreeMap::new();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for entry in journal {
        let now = time(&entry["at"]);
        summary.demand(now.is_some() && now >= at, || {
            format!("time runs backwards at {entry}")
        });
        summary.demand(now.is_none_or(|now| now <= latest), || {
            format!("it is {true_now}, and in the journal is {entry}")
        });
        at = now;
        let (Some(now), kind) = (now, entry["kind"].as_str().unwrap_or_default()) else {
            continue;
        };
        if kind == "held" {
            // The sale is judged by the wall clock, which the showtime's own time may be ahead of.
            let until = window.until + TimeDelta::seconds(LATE_MAX);
            let on_sale = (window.from..until).contains(&now);
            summary.demand(on_sale, || format!("not on sale at {now}: {entry}"));
            let seats = entry["seats"].as_array().into_iter().flatten();
            let seats: Vec<String> = seats.filter_map(seat_id).collect();
            for seat in &seats {
                let free = taken.insert(seat.clone());
                summary.demand(free, || format!("{seat} is taken at {entry}"));
            }
            let deadline = time(&entry["expires_at"]).unwrap_or(now);
            live.insert(entry["hold_id"].to_string(), (seats, deadline));
            continue;
        }
        let one = std::iter::once(&entry["hold_id"]);
        let ended = entry["hold_ids"].as_array().into_iter().flatten();
        for id in one.chain(ended).filter(|id| id.is_string()) {
            let Some((seats, deadline)) = live.remove(&id.to_string()) else {
                summary.violate(format!("{entry} ends a hold that does not live"));
                continue;
            };
            let in_time = (now >= deadline) == (kind == "expired");
            summary.demand(in_time, || format!("{entry} at {now}, deadline {deadline}"));
            if kind != "confirmed" {
                taken.retain(|seat| !seats.contains(seat));
            }
        }
    }
}

fn time(value: &Value) -> Option<DateTime<Utc>> {
    value.as_str()?.parse().ok()
}

/// A seat as a journal or an answer writes it.
fn seat_id(seat: &Value) -> Option<String> {
    let id = seat.as_str().or_else(|| seat["seat_id"].as_str());
    id.map(str::to_owned)
}
