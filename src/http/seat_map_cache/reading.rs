//! What a reader asks for.

use std::sync::Arc;

use actors::view::View;
use seating::ids::ShowtimeId;
use seating::rejection::PlaceStatus;
use seating::seat_layout::SectionIndex;
use seating::timestamp::Timestamp;

/// What a reader reads, and when.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Of which showtime.
    pub id: ShowtimeId,
    /// Its latest view.
    pub view: Arc<View>,
    /// Now, from which the seconds that are left follow.
    pub now: Timestamp,
}

/// Which seats of a showtime a map shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Only this section's.
    pub section: Option<SectionIndex>,
    /// Only those in this state.
    pub status: Option<PlaceStatus>,
}
