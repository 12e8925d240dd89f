//! Rendered seat maps and layouts: made once, shared by all who read them.
//!
//! A rush of readers asks for the same bytes. The first of them renders, the others wait for it;
//! what it made serves everybody until the showtime has changed, or, while some seat is reserved,
//! until the second is over, because the map says how many seconds are left.

pub mod house;
pub mod render;

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actors::view::View;
use bytes::Bytes;
use dashmap::DashMap;
use flate2::Compression;
use flate2::write::GzEncoder;
use metrics::counter;
use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::rejection::PlaceStatus;
use seating::seat_layout::{SeatIndex, SeatLayout, SectionIndex};
use seating::timestamp::Timestamp;
use sha2::{Digest, Sha256};
use tokio::sync::{Mutex, OnceCell};
use tokio::time::Instant;

use crate::http::problem::Problem;
use crate::telemetry::names;
pub use house::LayoutBody;
pub use render::MapBody;

/// Which seats of a showtime a map shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Only this section's.
    pub section: Option<SectionIndex>,
    /// Only those in this state.
    pub status: Option<PlaceStatus>,
}

/// The maps and layouts rendered lately.
#[derive(Debug, Default)]
pub struct SeatMaps {
    maps: DashMap<(ShowtimeId, Filter), Arc<Slot<Arc<Rendered>>>>,
    layouts: DashMap<ShowtimeId, Arc<Slot<Arc<RenderedLayout>>>>,
}

/// The latest rendering of one map, behind a lock that its next rendering is made under.
#[derive(Debug)]
struct Slot<T> {
    latest: Mutex<Option<T>>,
    /// Bytes that the latest rendering takes.
    bytes: AtomicUsize,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self {
            latest: Mutex::new(None),
            bytes: AtomicUsize::new(0),
        }
    }
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
    /// The bytes.
    pub body: Body,
}

/// A layout as bytes.
#[derive(Debug)]
pub struct RenderedLayout {
    /// A digest of the bytes, for a strong entity tag.
    pub digest: String,
    /// The bytes.
    pub body: Body,
}

/// Bytes, and the same bytes compressed once somebody asks for them so.
#[derive(Debug)]
pub struct Body {
    plain: Bytes,
    gzip: OnceCell<Bytes>,
}

/// Maps and layouts kept.
const KEPT_MAX: usize = 512;

/// Bytes of maps kept, and as many of layouts.
const KEPT_BYTES_MAX: usize = 256 << 20;

/// Rendering may take at most one part in this many plus one of a core per map: a rendering is
/// shared by a crowd this many times as long as it took, even when the showtime changes meanwhile.
const SHARED_TIMES: u32 = 3;

impl SeatMaps {
    /// The map of a view, rendered by whoever asks first.
    pub async fn map(
        &self,
        id: ShowtimeId,
        filter: Filter,
        view: Arc<View>,
        now: Timestamp,
    ) -> Result<Arc<Rendered>, Problem> {
        let slot = slot(&self.maps, (id, filter));
        let mut latest = slot.latest.lock().await;
        // The map and this reader hold the slot; whoever else does is reading at the same time.
        let crowded = Arc::strong_count(&slot) > 2;
        if let Some(rendered) = latest.as_ref()
            && rendered.serves(&view, now, crowded)
        {
            return Ok(Arc::clone(rendered));
        }
        let began = Instant::now();
        let seats = render::Selection::All(filter);
        let rendered = blocking(move || Rendered::of(id, &view, &seats, now, began)).await?;
        counter!(names::SEAT_MAPS_RENDERED).increment(1);
        let rendered = Arc::new(rendered);
        slot.bytes
            .store(rendered.body.plain.len(), Ordering::Relaxed);
        *latest = Some(Arc::clone(&rendered));
        Ok(rendered)
    }

    /// The layout of a showtime.
    pub async fn layout(
        &self,
        id: ShowtimeId,
        layout: Arc<SeatLayout>,
    ) -> Result<Arc<RenderedLayout>, Problem> {
        let slot = slot(&self.layouts, id);
        let mut latest = slot.latest.lock().await;
        if let Some(rendered) = latest.as_ref() {
            return Ok(Arc::clone(rendered));
        }
        let plain = blocking(move || house::layout(id, &layout)).await?;
        let digest = Sha256::digest(&plain);
        let digest = format!("{:024x}", first_bits(&digest));
        let body = Body::new(plain);
        let rendered = Arc::new(RenderedLayout { digest, body });
        slot.bytes
            .store(rendered.body.plain.len(), Ordering::Relaxed);
        *latest = Some(Arc::clone(&rendered));
        Ok(rendered)
    }
}

/// Only the given seats of a view: what changed since a reader last asked. Not shared.
///
/// Whatever state a reader asked for, a seat that has left it is sent too, or the reader would
/// never hear of it again.
pub async fn changes(
    id: ShowtimeId,
    filter: Filter,
    view: Arc<View>,
    changed: Vec<SeatIndex>,
    now: Timestamp,
) -> Result<Bytes, Problem> {
    let filter = Filter {
        status: None,
        ..filter
    };
    let seats = render::Selection::Changed { filter, changed };
    blocking(move || render::seats(id, &view, &seats, now).0).await
}

/// Enough of a digest to tell layouts apart.
fn first_bits(digest: &[u8]) -> u128 {
    digest
        .iter()
        .take(12)
        .fold(0, |bits, &byte| bits << 8 | u128::from(byte))
}

/// The slot of a key. When too much is kept, all that nobody is reading is let go: whatever is
/// asked for again is made again within milliseconds.
fn slot<K, T>(slots: &DashMap<K, Arc<Slot<T>>>, key: K) -> Arc<Slot<T>>
where
    K: Eq + std::hash::Hash,
{
    if !slots.contains_key(&key) {
        let kept = slots.iter().map(|slot| slot.bytes.load(Ordering::Relaxed));
        if slots.len() >= KEPT_MAX || kept.sum::<usize>() > KEPT_BYTES_MAX {
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
    }
    Arc::clone(&slots.entry(key).or_default())
}

/// A large map takes milliseconds to write, during which a worker could answer hundreds of holds.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Problem::internal)
}

impl Rendered {
    fn of(
        id: ShowtimeId,
        view: &View,
        seats: &render::Selection,
        now: Timestamp,
        began: Instant,
    ) -> Self {
        let (plain, any_reserved) = render::seats(id, view, seats, now);
        let took = began.elapsed();
        Self {
            epoch: view.epoch(),
            seq: view.seq(),
            right_until: any_reserved.then(|| next_second(now)),
            shared_until: Instant::now() + took * SHARED_TIMES,
            body: Body::new(plain),
        }
    }

    /// A reader alone always sees the latest view; a crowd shares one that is a little older.
    fn serves(&self, view: &View, now: Timestamp, crowded: bool) -> bool {
        let as_new = (self.epoch, self.seq) >= (view.epoch(), view.seq());
        let right = self.right_until.is_none_or(|until| now < until);
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

impl Body {
    /// Bytes that nobody has asked for compressed yet.
    pub const fn new(plain: Bytes) -> Self {
        Self {
            plain,
            gzip: OnceCell::const_new(),
        }
    }

    /// The bytes as they are.
    pub fn plain(&self) -> Bytes {
        self.plain.clone()
    }

    /// The bytes compressed, once for all; `None` when they are too few to be worth it.
    pub async fn gzip(&self) -> Result<Option<Bytes>, Problem> {
        if self.plain.len() < GZIP_BYTES_MIN {
            return Ok(None);
        }
        let plain = self.plain();
        let compressed = self.gzip.get_or_try_init(|| async {
            let compressed = blocking(move || compress(&plain)).await?;
            compressed.map_err(Problem::internal)
        });
        compressed.await.map(|bytes| Some(bytes.clone()))
    }
}

/// Below one packet, compression saves nothing.
const GZIP_BYTES_MIN: usize = 1_400;

fn compress(plain: &[u8]) -> std::io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 8), Compression::fast());
    encoder.write_all(plain)?;
    encoder.finish().map(Bytes::from)
}

/// How long an unchanged layout may be kept by clients before they ask again.
pub const LAYOUT_MAX_AGE: Duration = Duration::from_mins(5);
