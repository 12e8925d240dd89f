//! What was derived from the journal: holds, tickets, bookings, the audit.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::replay::{End, Replay, Sale};
use crate::evidence::{Evidence, NOTHING};
use crate::history::Ticket;
use crate::summary::Summary;

/// Compares all of it with the replay.
pub(super) fn check(evidence: &Evidence, replay: &Replay, summary: &mut Summary) {
    for difference in &evidence.differences {
        summary.violate(format!("the audit says: {difference}"));
    }
    holds(evidence, replay, summary);
    let sales: BTreeMap<Uuid, (Uuid, &Sale)> = replay
        .holds
        .iter()
        .filter_map(|(&hold, fate)| match &fate.end {
            Some(End::Sold(sale)) => Some((sale.booking, (hold, sale))),
            Some(End::Released(_) | End::Expired) | None => None,
        })
        .collect();
    bookings(evidence, &sales, summary);
    tickets(evidence, &sales, summary);
    summary.count("sales", sales.len() as u64);
}

fn holds(evidence: &Evidence, replay: &Replay, summary: &mut Summary) {
    for (hold, said) in &evidence.holds {
        let due = match replay.holds.get(hold).map(|fate| &fate.end) {
            None => NOTHING,
            Some(None) => "held",
            Some(Some(End::Released(_))) => "released",
            Some(Some(End::Expired)) => "expired",
            Some(Some(End::Sold(_))) => "confirmed",
        };
        // A hold may have expired between one look and the next.
        let expired_since = said == "held" && due == "expired";
        let about_to_expire = said == "expired" && due == "held";
        summary.demand(said == due || expired_since || about_to_expire, || {
            format!("the server says that hold {hold} is {said}, the journal {due}")
        });
    }
}

fn bookings(evidence: &Evidence, sales: &BTreeMap<Uuid, (Uuid, &Sale)>, summary: &mut Summary) {
    let mut stored = BTreeSet::new();
    for row in &evidence.bookings {
        let due = sales.get(&row.id).map(|(hold, _)| *hold);
        summary.demand(due == Some(row.hold_id) && row.state == "confirmed", || {
            format!("{row:?} is stored, the journal has it from hold {due:?}")
        });
        stored.insert(row.id);
    }
    for booking in sales.keys() {
        summary.demand(stored.contains(booking), || {
            format!("booking {booking} is in the journal and not in the table")
        });
    }
}

fn tickets(evidence: &Evidence, sales: &BTreeMap<Uuid, (Uuid, &Sale)>, summary: &mut Summary) {
    let mut by_seat: BTreeMap<&str, Uuid> = BTreeMap::new();
    let mut by_booking: BTreeMap<Uuid, Vec<Ticket>> = BTreeMap::new();
    for row in &evidence.tickets {
        let Some(seat) = row.seat_id.as_deref().filter(|_| row.live) else {
            summary.violate(format!("{row:?} is for no seat or does not admit"));
            continue;
        };
        if let Some(other) = by_seat.insert(seat, row.booking_id) {
            let booking = row.booking_id;
            summary.violate(format!("{seat} is sold twice: to {other} and to {booking}"));
        }
        let ticket = Ticket {
            seat: seat.to_owned(),
            id: row.id,
        };
        by_booking.entry(row.booking_id).or_default().push(ticket);
    }
    for (booking, tickets) in &mut by_booking {
        tickets.sort();
        let mut due = sales.get(booking).map(|(_, sale)| sale.tickets.clone());
        if let Some(due) = &mut due {
            due.sort();
        }
        summary.demand(due.as_ref() == Some(tickets), || {
            format!("booking {booking} has {tickets:?} stored, in the journal {due:?}")
        });
    }
    for booking in sales.keys() {
        summary.demand(by_booking.contains_key(booking), || {
            format!("booking {booking} is in the journal and has no tickets")
        });
    }
}
