//! The tables of a showtime, read while it goes on selling.

use persistence::audit::{Audit, Sold, StoredBooking};
use persistence::error::StoreError;
use persistence::showtimes::{SectionAvailability, Showtimes};
use seating::ids::{BookingId, Seq, ShowtimeId};

/// What the tables said between two looks at the journal's end.
#[derive(Debug)]
pub(super) struct Tables {
    /// The journal's end before.
    pub(super) before: Seq,
    /// The journal's end after.
    pub(super) after: Seq,
    /// Places by section and state, from one statement.
    pub(super) availability: Vec<SectionAvailability>,
    /// Live tickets, from one statement.
    pub(super) sold: Sold,
    /// Bookings, from a statement per page.
    pub(super) bookings: Vec<StoredBooking>,
}

const BOOKINGS_PER_PAGE: u32 = 5_000;

impl Tables {
    pub(super) async fn read(
        showtimes: &Showtimes,
        audit: &Audit,
        id: ShowtimeId,
    ) -> Result<Self, StoreError> {
        let before = audit.last(id).await?;
        let availability = showtimes.availability(id).await?;
        let sold = audit.sold(id).await?;
        let mut bookings: Vec<StoredBooking> = Vec::new();
        let mut last: Option<BookingId> = None;
        loop {
            let page = audit.bookings(id, last, BOOKINGS_PER_PAGE).await?;
            last = page.last().map(|booking| booking.id);
            let full = page.len() == BOOKINGS_PER_PAGE as usize;
            bookings.extend(page);
            if !full {
                break;
            }
        }
        Ok(Self {
            before,
            after: audit.last(id).await?,
            availability,
            sold,
            bookings,
        })
    }

    /// The entry that the availability is of: no later one has touched a count.
    pub(super) fn availability_seq(&self) -> Seq {
        let seqs = self.availability.iter().map(|section| section.seq);
        seqs.max().unwrap_or_default()
    }
}
