//! Bookings, tickets, terms and jobs: rows written in the transaction of the events that they
//! come from.
//!
//! A batch is turned into one statement per kind of change, so the order of the events is lost
//! and the order of the statements must do. It does, because a booking only moves forward
//! (pending, expired, confirmed or orphaned, cancelled), which is the order here, and because
//! tickets are cancelled before others are sold: one that is both sold and cancelled in the same
//! batch is inserted as cancelled.

mod bookings;
mod outbox;
mod terms;
mod tickets;

use journal::Reign;
use seating::event::{Entry, Event};
use seating::ids::{Seq, ShowtimeId};
use seating::places::Places;
use seating::seat_layout::SeatLayout;
use seating::timestamp::Timestamp;
use sqlx::postgres::PgConnection;

use crate::error::StoreError;

pub(crate) use terms::{gap_rule_name, gap_rule_named, status_name, status_named};

/// Where an event stands, for the rows made of it.
#[derive(Clone, Copy)]
struct Origin<'a> {
    showtime: ShowtimeId,
    layout: &'a SeatLayout,
    seq: Seq,
    at: Timestamp,
}

/// The changes that a batch of events makes.
#[derive(Default)]
pub(crate) struct Changes<'a> {
    bookings: bookings::Bookings<'a>,
    tickets: tickets::Tickets<'a>,
    terms: terms::Terms<'a>,
    jobs: Vec<outbox::Job<'a>>,
}

impl<'a> Changes<'a> {
    /// Adds what one event changes.
    pub(crate) fn add(&mut self, reign: &'a Reign, entry: &'a Entry) -> Result<(), StoreError> {
        let origin = Origin {
            showtime: reign.showtime,
            layout: &reign.layout,
            seq: entry.seq,
            at: entry.at,
        };
        match &entry.event {
            Event::Held(_)
            | Event::Extended { .. }
            | Event::Released { .. }
            | Event::Blocked(_)
            | Event::Unblocked(_) => {}
            Event::Opened(settings) | Event::Reconfigured(settings) => {
                self.terms.change(origin, settings);
            }
            Event::PaymentBegun(begun) => {
                origin.verify(&begun.places)?;
                self.bookings.begin(origin, begun);
            }
            Event::Confirmed(sale) | Event::ConfirmedLate(sale) => {
                origin.verify(&sale.places)?;
                self.bookings.confirm(origin, sale);
                self.tickets.sell(origin, sale)?;
                let late = matches!(entry.event, Event::ConfirmedLate(_));
                self.jobs.push(outbox::Job::confirmed(origin, sale, late));
            }
            Event::PaymentOrphaned {
                booking,
                payment_reference,
            } => {
                let reference = payment_reference.as_deref();
                self.bookings.orphan(origin, *booking, reference);
                self.jobs
                    .push(outbox::Job::orphaned(origin, *booking, reference));
            }
            Event::Expired { holds } => self.bookings.expire(origin, holds),
            Event::BookingCancelled(cancelled) => {
                self.bookings.cancel(origin, cancelled);
                self.tickets.cancel(origin, cancelled);
                self.jobs.extend(outbox::Job::cancelled(origin, cancelled));
            }
        }
        Ok(())
    }

    /// Writes all changes. The caller commits.
    pub(crate) async fn write(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        self.terms.write(connection).await?;
        self.bookings.write(connection).await?;
        self.tickets.write(connection).await?;
        outbox::write(&self.jobs, connection).await
    }
}

impl Origin<'_> {
    /// Refuses places that the house does not have: looking them up would panic, and an event
    /// that names them is damage.
    fn verify(&self, places: &Places) -> Result<(), StoreError> {
        let seats = places.seats.iter().all(|&seat| self.layout.has_seat(seat));
        let mut areas = places.areas.iter();
        if seats && areas.all(|area| self.layout.area_capacity(area.section).is_some()) {
            return Ok(());
        }
        Err(self.contradiction("it names places that the house does not have"))
    }

    fn contradiction(&self, reason: &str) -> StoreError {
        let row = format!("{}/{}", self.showtime, self.seq);
        StoreError::corrupt("journal", "payload", &row, &reason)
    }
}
