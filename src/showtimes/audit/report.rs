//! What an audit tells.

use seating::ids::ShowtimeId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What an audit found.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Audit)]
pub struct Report {
    /// Which showtime.
    pub showtime_id: Uuid,
    /// Whether everything agrees.
    pub consistent: bool,
    /// What differs, in words; empty when everything agrees.
    pub differences: Vec<String>,
    /// The last entry that was replayed.
    pub seq: u64,
    /// Seats with more than one live ticket, which are among the differences too.
    #[serde(skip)]
    pub double_sales: usize,
    /// Places in all.
    pub capacity: u32,
    /// Places for sale.
    pub free: u32,
    /// Places set aside while their buyers choose.
    pub held: u32,
    /// Places set aside while their buyers pay.
    pub pinned: u32,
    /// Places sold.
    pub booked: u32,
    /// Places off sale.
    pub blocked: u32,
    /// The last entry of the memory that was compared; nothing when there is no owner here.
    pub memory_seq: Option<u64>,
    /// The last entry of the snapshot that was compared; nothing when none is stored.
    pub snapshot_seq: Option<u64>,
    /// Bookings that were compared.
    pub bookings: usize,
}

impl Report {
    /// Of a showtime whose layout cannot be read, which is the difference.
    pub(super) fn unreadable(id: ShowtimeId, difference: String) -> Self {
        Self {
            showtime_id: id.uuid(),
            consistent: false,
            differences: vec![difference],
            seq: 0,
            double_sales: 0,
            capacity: 0,
            free: 0,
            held: 0,
            pinned: 0,
            booked: 0,
            blocked: 0,
            memory_seq: None,
            snapshot_seq: None,
            bookings: 0,
        }
    }
}
