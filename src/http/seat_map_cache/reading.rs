//! What a reader asks for.

use std::sync::Arc;

use actors::view::View;
use seating::ids::ShowtimeId;
use seating::rejection::PlaceStatus;
use seating::seat_layout::SectionIndex;
use seating::timestamp::Timestamp;

/// What a reader reads, and when.
#[derive(Clone, Debug)]
pub struct MapReading {
    pub id: ShowtimeId,
    pub view: Arc<View>,
    /// Now, from which the seconds that are left follow.
    pub now: Timestamp,
}

/// Which seats of a showtime a map shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    pub section: Option<SectionIndex>,
    pub status: Option<PlaceStatus>,
}
