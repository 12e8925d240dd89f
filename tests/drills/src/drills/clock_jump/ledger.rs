//! What must be so, by the deadlines that buyers were told and the times that a clock has shown.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rand::RngExt;
use rand::rngs::SmallRng;
use serde_json::Value;

use crate::drills::DrillError;
use crate::summary::Summary;

/// A hold that was granted.
#[derive(Clone, Debug)]
pub(super) struct Hold {
    pub(super) id: String,
    pub(super) buyer: String,
    seats: Vec<String>,
    /// In seconds, rounded up.
    deadline: i64,
}

/// What a hold must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expectation {
    /// No clock has ever shown its deadline.
    Live,
    /// The clock shows its deadline or more.
    Over,
    /// The clock has shown it and shows less again: whether anything happened then decides.
    Either,
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Granted, and not known to be over.
    holds: Vec<Hold>,
    sold: BTreeSet<String>,
}

impl Hold {
    pub(super) fn of(answer: &Value, buyer: String) -> Result<Self, DrillError> {
        let of = &answer["data"];
        let unreadable = || DrillError::Unexpected(format!("not a hold: {answer}"));
        let deadline = time(&of["expires_at"]).ok_or_else(unreadable)?;
        let seats = of["seats"].as_array().ok_or_else(unreadable)?.iter();
        Ok(Self {
            id: of["hold_id"].as_str().ok_or_else(unreadable)?.to_owned(),
            buyer,
            seats: seats.filter_map(seat_id).collect(),
            deadline: deadline.timestamp() + i64::from(deadline.timestamp_subsec_nanos() > 0),
        })
    }

    pub(super) const fn expectation(&self, now: i64, latest: i64) -> Expectation {
        if now >= self.deadline {
            Expectation::Over
        } else if latest < self.deadline {
            Expectation::Live
        } else {
            Expectation::Either
        }
    }

    fn overlaps(&self, seats: &[String]) -> bool {
        self.seats.iter().any(|seat| seats.contains(seat))
    }
}

impl Ledger {
    /// A hold was granted: nothing that must be alive may overlap it.
    pub(super) fn grant(&mut self, hold: Hold, latest: i64, summary: &mut Summary) {
        let sold = hold.seats.iter().find(|seat| self.sold.contains(*seat));
        summary.demand(sold.is_none(), || format!("{hold:?} is of sold seats"));
        for other in self
            .holds
            .iter()
            .filter(|other| other.overlaps(&hold.seats))
        {
            summary.demand(latest >= other.deadline, || {
                format!("{hold:?} overlaps {other:?}, which must be alive")
            });
        }
        // Whatever it overlaps has expired before.
        self.holds.retain(|other| !other.overlaps(&hold.seats));
        self.holds.push(hold);
    }

    /// Whether something may stand in the way of what was refused.
    pub(super) fn justifies(&self, body: &Value, now: i64) -> bool {
        let wanted: Vec<String> = body["seats"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|seat| seat.as_str().map(str::to_owned))
            .collect();
        let sold = wanted.iter().any(|seat| self.sold.contains(seat));
        let held = self.holds.iter().any(|hold| {
            // The clock may have been put forward after the refusal and before now.
            hold.overlaps(&wanted) && hold.deadline > now - 200
        });
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

/// The journal by itself: time never runs backwards, nothing expires before its deadline, nothing
/// is sold after it, and no two live holds share a seat.
pub(super) fn judge_journal(journal: &[Value], summary: &mut Summary) {
    let mut at = None;
    let mut live: BTreeMap<String, (Vec<String>, DateTime<Utc>)> = BTreeMap::new();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for entry in journal {
        let now = time(&entry["at"]);
        summary.demand(now.is_some() && now >= at, || {
            format!("time runs backwards at {entry}")
        });
        at = now;
        let (Some(now), kind) = (now, entry["kind"].as_str().unwrap_or_default()) else {
            continue;
        };
        if kind == "held" {
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
