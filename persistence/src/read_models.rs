//! Bookings, tickets, terms, jobs and the audit log: rows written in the transaction of the entries that they
//! come from.
//!
//! A batch is turned into one statement per kind of change, so the order of the entries is lost
//! and the order of the statements must do. It does, because a booking only moves forward
//! (pending, expired, confirmed or orphaned, cancelled), which is the order here, and because
//! tickets are cancelled before others are sold: one that is both sold and cancelled in the same
//! batch is inserted as cancelled.

mod audit_log;
mod bookings;
mod outbox;
mod places_json;
mod terms;
mod tickets;

use journal::Reign;
use seating::entry::Entry;
use seating::ids::{Seq, ShowtimeId};
use seating::places::Places;
use seating::seat_layout::SeatLayout;
use seating::timestamp::Timestamp;
use sqlx::postgres::PgConnection;

use crate::entry_kind::{Writes, writes};
use crate::error::StoreError;

pub(crate) use audit_log::terms as terms_as_logged;
pub(crate) use bookings::state_named;
pub(crate) use places_json::PlacesJson;
pub(crate) use terms::{gap_rule_name, read_terms, status_name};

/// The entry that rows are made of.
#[derive(Clone, Copy)]
struct Origin<'a> {
    showtime: ShowtimeId,
    layout: &'a SeatLayout,
    seq: Seq,
    at: Timestamp,
}

/// The changes that a batch of entries makes.
#[derive(Default)]
pub(crate) struct ReadModelChanges<'a> {
    bookings: bookings::BookingRows<'a>,
    tickets: tickets::Tickets<'a>,
    terms: terms::TermsRows<'a>,
    jobs: outbox::JobRows<'a>,
    log: audit_log::LogRows<'a>,
}

impl<'a> ReadModelChanges<'a> {
    /// Adds what one entry changes, which came of this request if it was of staff.
    pub(crate) fn add(
        &mut self,
        reign: &'a Reign,
        entry: &'a Entry,
        request_id: Option<&'a str>,
    ) -> Result<(), StoreError> {
        let origin = Origin {
            showtime: reign.showtime,
            layout: &reign.layout,
            seq: entry.seq,
            at: entry.at,
        };
        if let Some(by) = entry.by {
            self.log.add(origin, (by, request_id), &entry.decision);
        }
        match writes(&entry.decision) {
            Writes::Nothing => {}
            Writes::Terms(terms) => self.terms.change(origin, terms),
            Writes::Pending(begun) => {
                origin.verify(&begun.places)?;
                self.bookings.begin(origin, begun);
            }
            Writes::Sold(sale, when) => {
                origin.verify(&sale.places)?;
                self.bookings.confirm(origin, sale);
                self.tickets.sell(origin, sale)?;
                self.jobs.confirmed(origin, sale, when);
            }
            Writes::Orphaned(booking, reference) => {
                self.bookings.orphan(origin, booking, reference);
                self.jobs.orphaned(origin, booking, reference);
            }
            Writes::Expired(holds) => self.bookings.expire(origin, holds),
            Writes::Cancelled(cancelled) => {
                self.bookings.cancel(origin, cancelled);
                self.tickets.cancel(origin, cancelled);
                self.jobs.cancelled(origin, cancelled);
            }
        }
        Ok(())
    }

    /// Writes all changes. The caller commits.
    pub(crate) async fn write(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        self.log.write(connection).await?;
        self.terms.write(connection).await?;
        self.bookings.write(connection).await?;
        self.tickets.write(connection).await?;
        self.jobs.write(connection).await
    }
}

impl Origin<'_> {
    /// Refuses places that the layout does not have: looking them up would panic, and an entry
    /// that names them is damage.
    fn verify(&self, places: &Places) -> Result<(), StoreError> {
        let seats = places.seats.iter().all(|&seat| self.layout.has_seat(seat));
        let mut areas = places.areas.iter();
        if seats && areas.all(|area| self.layout.area_capacity(area.section).is_some()) {
            return Ok(());
        }
        Err(self.contradiction("it names places that the layout does not have"))
    }

    fn contradiction(&self, reason: &str) -> StoreError {
        let row = format!("{}/{}", self.showtime, self.seq);
        StoreError::corrupt("journal", "payload", &row, &reason)
    }
}
