//! Rendered seat maps and layouts: made once, shared by all who read them.
//!
//! A rush of readers asks for the same bytes. The first of them renders, the others wait for it;
//! what it made serves everybody until the showtime has changed, or, while some seat is reserved,
//! until the second is over, because the map says how many seconds are left.
//!
//! What is made lies on shelves with bounds of their own, so that odd questions never push out what
//! everybody reads, and all of it together within the memory for answers, which is asked before
//! anything is made. As many renderings run at once as there are cores.

pub mod layout;
mod reading;
pub mod render;
mod renderer;
mod shelf;

use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::seat_layout::{SeatIndex, SeatLayout, SectionIndex};
use seating::timestamp::Timestamp;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::http::budget::Budget;
use crate::http::problem::Problem;
use crate::telemetry::names;
pub use layout::LayoutBody;
pub use reading::{Filter, MapReading};
pub use render::MapBody;
pub use renderer::Body;
use renderer::Renderer;
use shelf::{Bounds, Shelf, Slot, Weight};

/// The maps and layouts rendered lately.
#[derive(Debug)]
pub struct SeatMaps {
    /// Whole maps and those of one section: what pages show.
    maps: Shelf<(ShowtimeId, Option<SectionIndex>), Rendered>,
    /// Maps of the seats in one state.
    filtered: Shelf<(ShowtimeId, Filter), Rendered>,
    /// What has changed since some entry.
    changes: Shelf<(ShowtimeId, Option<SectionIndex>, Seq), Rendered>,
    layouts: Shelf<ShowtimeId, RenderedLayout>,
    renderer: Arc<Renderer>,
}

/// A map as bytes.
#[derive(Debug)]
pub struct Rendered {
    epoch: Epoch,
    seq: Seq,
    /// Until when the seconds in it are right; `None` when there are none.
    right_until: Option<Timestamp>,
    /// Until when it serves a crowd although the showtime has changed.
    shared_until: Instant,
    pub body: Body,
}

/// A layout as bytes.
#[derive(Debug)]
pub struct RenderedLayout {
    /// A digest of the bytes, for a strong entity tag.
    pub digest: String,
    pub body: Body,
}

/// How many are kept of each kind, and in how many hundredths of the memory for large answers.
const MAPS: (usize, usize) = (512, 40);
const FILTERED: (usize, usize) = (128, 5);
const CHANGES: (usize, usize) = (1_024, 5);
const LAYOUTS: (usize, usize) = (512, 15);

/// Changed seats that are listed one by one; a reader who has missed more gets the map that all share.
pub const CHANGES_MAX: usize = 500;

/// After a rendering that took `t`, readers share it for this many times `t`, even when the showtime
/// changes meanwhile. So rendering takes at most `1 / (SHARED_TIMES + 1)` of a core per map.
const SHARED_TIMES: u32 = 3;

impl SeatMaps {
    /// Empty shelves, to be filled within this memory.
    pub fn new(answers: Arc<Budget>) -> Self {
        let bounds = |(slots_max, percent)| Bounds {
            slots_max,
            bytes_max: answers.percent(percent),
        };
        Self {
            maps: Shelf::new(bounds(MAPS)),
            filtered: Shelf::new(bounds(FILTERED)),
            changes: Shelf::new(bounds(CHANGES)),
            layouts: Shelf::new(bounds(LAYOUTS)),
            renderer: Renderer::new(answers),
        }
    }

    /// The map, rendered by whoever asks first.
    ///
    /// # Errors
    ///
    /// 503 when as many maps are being rendered, or kept in memory, as may be.
    pub async fn map(&self, reading: MapReading, filter: Filter) -> Result<Arc<Rendered>, Problem> {
        let (id, seats) = (reading.id, render::Selection::All(filter));
        if filter.status.is_none() {
            let slot = self.maps.slot((id, filter.section));
            return self.rendered(&slot, reading, seats).await;
        }
        let slot = self.filtered.slot((id, filter));
        self.rendered(&slot, reading, seats).await
    }

    /// Only what has changed since an entry, of a section or of all. Also those
    /// that have left the state a reader asked for, or the reader would go on showing them in it.
    ///
    /// # Errors
    ///
    /// As [`Self::map`].
    pub async fn changes(
        &self,
        reading: MapReading,
        section: Option<SectionIndex>,
        since: Seq,
        changed: Vec<SeatIndex>,
    ) -> Result<Arc<Rendered>, Problem> {
        let filter = Filter {
            section,
            status: None,
        };
        let slot = self.changes.slot((reading.id, section, since));
        let seats = render::Selection::Changed { filter, changed };
        self.rendered(&slot, reading, seats).await
    }

    async fn rendered(
        &self,
        slot: &Arc<Slot<Rendered>>,
        reading: MapReading,
        seats: render::Selection,
    ) -> Result<Arc<Rendered>, Problem> {
        let kept = |reading: &MapReading| {
            // The shelf and this reader hold the slot; whoever else does is reading now.
            let crowded = Arc::strong_count(slot) > 2;
            let latest = slot.latest();
            latest.filter(|rendered| rendered.serves(reading, crowded))
        };
        if let Some(rendered) = kept(&reading) {
            return Ok(rendered);
        }
        let _turn = slot.turn().await;
        if let Some(rendered) = kept(&reading) {
            return Ok(rendered);
        }
        let began = Instant::now();
        let (drawn, expected) = (
            reading.clone(),
            render::bytes_expected(&reading.view, &seats),
        );
        let work = move || render::seats(&drawn, &seats);
        let plain = self.renderer.render(expected, work).await?;
        counter!(names::SEAT_MAPS_RENDERED).increment(1);
        let body = Body::new(plain, Arc::clone(&self.renderer));
        let rendered = Arc::new(Rendered::of(&reading, body, began));
        slot.keep(&rendered);
        Ok(rendered)
    }

    /// The layout of a showtime.
    ///
    /// # Errors
    ///
    /// As [`Self::map`].
    pub async fn layout(
        &self,
        id: ShowtimeId,
        layout: Arc<SeatLayout>,
    ) -> Result<Arc<RenderedLayout>, Problem> {
        let slot = self.layouts.slot(id);
        if let Some(rendered) = slot.latest() {
            return Ok(rendered);
        }
        let _turn = slot.turn().await;
        if let Some(rendered) = slot.latest() {
            return Ok(rendered);
        }
        let expected = layout::bytes_expected(&layout);
        let work = move || layout::layout(id, &layout);
        let plain = self.renderer.render(expected, work).await?;
        let digest = Sha256::digest(&plain);
        let digest = format!("{:024x}", first_bits(&digest));
        let body = Body::new(plain, Arc::clone(&self.renderer));
        let rendered = Arc::new(RenderedLayout { digest, body });
        slot.keep(&rendered);
        Ok(rendered)
    }
}

/// Enough of a digest to tell layouts apart.
fn first_bits(digest: &[u8]) -> u128 {
    digest
        .iter()
        .take(12)
        .fold(0, |bits, &byte| bits << 8 | u128::from(byte))
}

impl Rendered {
    fn of(reading: &MapReading, body: Body, began: Instant) -> Self {
        let any_reserved = reading.view.total_counts().reserved() > 0;
        Self {
            epoch: reading.view.epoch(),
            seq: reading.view.seq(),
            right_until: any_reserved.then(|| next_second(reading.now)),
            shared_until: Instant::now() + began.elapsed() * SHARED_TIMES,
            body,
        }
    }

    /// A reader alone always sees the latest view; a crowd shares one that is a little older.
    fn serves(&self, reading: &MapReading, crowded: bool) -> bool {
        // Reigns are only ever equal or not: after a failover a later one may have a lower number.
        let as_new = self.epoch == reading.view.epoch() && self.seq >= reading.view.seq();
        let right = self.right_until.is_none_or(|until| reading.now < until);
        right && (as_new || crowded && Instant::now() < self.shared_until)
    }

    /// A weak entity tag: the seconds in the map tick while the tag stays.
    pub fn etag(&self) -> String {
        etag(self.epoch, self.seq)
    }
}

/// The tag of a showtime's state.
pub fn etag(epoch: Epoch, seq: Seq) -> String {
    format!("W/\"{epoch}-{seq}\"")
}

fn next_second(now: Timestamp) -> Timestamp {
    Timestamp::from_unix_seconds(now.unix_micros().div_euclid(1_000_000)).plus_seconds(1)
}

impl Weight for Rendered {
    fn weight(&self) -> usize {
        self.body.weight()
    }
}

impl Weight for RenderedLayout {
    fn weight(&self) -> usize {
        self.body.weight()
    }
}

/// How long an unchanged layout may be kept by clients before they ask again.
pub const LAYOUT_MAX_AGE: Duration = Duration::from_mins(5);
