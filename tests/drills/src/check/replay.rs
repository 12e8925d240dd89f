//! The journal played through a model of a showtime that is too simple to be wrong.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};
use uuid::Uuid;

use crate::evidence::{Decision, Entry, Evidence};
use crate::history::{MapView, Seen, Ticket};
use crate::summary::Summary;

/// What the journal says became of everything.
#[derive(Clone, Debug, Default)]
pub(super) struct Replay {
    /// Seats that are not free, in the end.
    pub(super) seats: BTreeMap<String, State>,
    /// Every hold there ever was.
    pub(super) holds: BTreeMap<Uuid, Fate>,
}

/// A seat that is not free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Held(Uuid),
    Sold(Uuid),
}

/// A hold's life.
#[derive(Clone, Debug)]
pub(super) struct Fate {
    pub(super) person: Uuid,
    pub(super) seats: Vec<String>,
    pub(super) expires_at: String,
    pub(super) seq: u64,
    /// Later deadlines, with their entries' numbers.
    pub(super) extended: Vec<(u64, String)>,
    pub(super) end: Option<End>,
}

/// How a hold ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    Released(u64),
    /// Its deadline came.
    Expired,
    Sold(Sale),
}

/// A sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sale {
    /// The booking.
    pub(super) booking: Uuid,
    pub(super) tickets: Vec<Ticket>,
    pub(super) seq: u64,
}

impl Fate {
    /// Whether it became this booking.
    pub(super) fn is_sold(&self, booking: Uuid) -> bool {
        matches!(&self.end, Some(End::Sold(sale)) if sale.booking == booking)
    }
}

impl Replay {
    /// Plays the journal, noting every step that must not be and every view, seen at whatever
    /// time, that is not what the journal had led to by the view's last entry.
    pub(super) fn of(evidence: &Evidence, looks: &[&MapView], summary: &mut Summary) -> Self {
        let mut replay = Self::default();
        let mut views: BTreeMap<u64, Vec<&MapView>> = BTreeMap::new();
        for &view in looks.iter().chain([&&evidence.view]) {
            views.entry(view.seq).or_default().push(view);
        }
        for (entry, due) in evidence.journal.iter().zip(1..) {
            summary.demand(entry.seq == due, || {
                format!("the journal has {} where {due} belongs", entry.seq)
            });
            replay.take(entry, summary);
            for view in views.remove(&entry.seq).unwrap_or_default() {
                replay.compare(view, summary);
            }
        }
        let last = evidence.journal.last().map_or(0, |entry| entry.seq);
        for seen in views.keys() {
            summary.violate(format!(
                "entry {seen} was seen, the journal ends with {last}"
            ));
        }
        summary.count("views", looks.len() as u64 + 1);
        summary.count("entries", last);
        replay
    }

    fn compare(&self, view: &MapView, summary: &mut Summary) {
        for (seat, &seen) in &view.seats {
            let due = match self.seats.get(seat) {
                None => Seen::Available,
                Some(State::Held(_)) => Seen::Reserved,
                Some(State::Sold(_)) => Seen::Booked,
            };
            summary.demand(seen == due, || {
                let seq = view.seq;
                format!("{seat} was seen {seen:?} after entry {seq}, the journal says {due:?}")
            });
        }
        for seat in self.seats.keys() {
            summary.demand(view.seats.contains_key(seat), || {
                format!("{seat} is in the journal and in no seat map")
            });
        }
    }

    fn take(&mut self, entry: &Entry, summary: &mut Summary) {
        let seq = entry.seq;
        match &entry.decision {
            Decision::Opened => summary.demand(seq == 1, || format!("entry {seq} opens again")),
            Decision::Held {
                hold_id,
                buyer_id,
                seats,
                expires_at,
            } => {
                for seat in seats {
                    let before = self.seats.insert(seat.clone(), State::Held(*hold_id));
                    summary.demand(before.is_none(), || {
                        format!("entry {seq} holds {seat}, which is {before:?}")
                    });
                }
                let fate = Fate {
                    person: *buyer_id,
                    seats: seats.clone(),
                    expires_at: expires_at.clone(),
                    seq,
                    extended: Vec::new(),
                    end: None,
                };
                let before = self.holds.insert(*hold_id, fate);
                summary.demand(before.is_none(), || format!("entry {seq} holds again"));
            }
            Decision::Extended {
                hold_id,
                expires_at,
            } => match self.holds.get_mut(hold_id).filter(|it| it.end.is_none()) {
                Some(fate) => fate.extended.push((seq, expires_at.clone())),
                None => summary.violate(format!("entry {seq} extends no live hold")),
            },
            Decision::Released { hold_id } => self.end(seq, *hold_id, End::Released(seq), summary),
            Decision::Expired { hold_ids } => {
                for &hold in hold_ids {
                    self.expire(entry, hold, summary);
                }
            }
            Decision::Confirmed { .. } => self.sell(entry, summary),
            Decision::Unexpected => summary.violate(format!("entry {seq} was asked for by nobody")),
        }
    }

    fn end(&mut self, seq: u64, hold: Uuid, end: End, summary: &mut Summary) {
        let fate = self.holds.get_mut(&hold).filter(|it| it.end.is_none());
        let Some(fate) = fate else {
            summary.violate(format!("entry {seq} ends {hold}, which is no live hold"));
            return;
        };
        let sold = match &end {
            End::Sold(sale) => Some(State::Sold(sale.booking)),
            End::Released(_) | End::Expired => None,
        };
        fate.end = Some(end);
        for seat in fate.seats.clone() {
            let before = match sold {
                Some(sold) => self.seats.insert(seat.clone(), sold),
                None => self.seats.remove(&seat),
            };
            summary.demand(before == Some(State::Held(hold)), || {
                format!("entry {seq} ends {hold} with {seat}, which is {before:?}")
            });
        }
    }

    fn expire(&mut self, entry: &Entry, hold: Uuid, summary: &mut Summary) {
        let seq = entry.seq;
        if let Some(fate) = self.holds.get(&hold) {
            let deadline = fate.extended.last().map(|(_, deadline)| deadline);
            let deadline = deadline.unwrap_or(&fate.expires_at);
            let early = instant(&entry.at) < instant(deadline);
            summary.demand(!early, || {
                format!("entry {seq} ends {hold} at {}, before {deadline}", entry.at)
            });
        }
        self.end(seq, hold, End::Expired, summary);
    }

    fn sell(&mut self, entry: &Entry, summary: &mut Summary) {
        let Decision::Confirmed {
            booking_id,
            hold_id,
            seats,
            ticket_ids,
        } = &entry.decision
        else {
            return;
        };
        let seq = entry.seq;
        let held = self.holds.get(hold_id).map(|fate| &fate.seats);
        summary.demand(held == Some(seats), || {
            format!("entry {seq} sells {seats:?}, the hold is for {held:?}")
        });
        summary.demand(seats.len() == ticket_ids.len(), || {
            format!(
                "entry {seq} sells {seats:?} with {} tickets",
                ticket_ids.len()
            )
        });
        let tickets = seats.iter().zip(ticket_ids).map(|(seat, id)| Ticket {
            seat: seat.clone(),
            id: *id,
        });
        let sale = Sale {
            booking: *booking_id,
            tickets: tickets.collect(),
            seq,
        };
        self.end(seq, *hold_id, End::Sold(sale), summary);
    }
}

/// A time as the server writes it; what cannot be read is before everything.
fn instant(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(text).ok()
}
