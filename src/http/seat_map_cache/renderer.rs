//! Where bytes are made: on as many threads as there are cores, and within the memory for answers.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::sync::{OnceCell, Semaphore};

use super::shelf::Weight;
use crate::http::budget::{Budget, Room};
use crate::http::problem::{Code, Problem};

/// Renders and compresses.
#[derive(Debug)]
pub(super) struct Renderer {
    /// A large map takes milliseconds to write, during which a worker could answer hundreds of
    /// holds; more renderings at once than cores would only take the cores from everybody.
    cores: Arc<Semaphore>,
    waiting: AtomicUsize,
    answers: Arc<Budget>,
}

/// Bytes, and the same bytes compressed once somebody asks for them so.
#[derive(Debug)]
pub struct Body {
    plain: Bytes,
    gzip: OnceCell<Bytes>,
    renderer: Arc<Renderer>,
}

/// Renderings that may wait for a core; more are refused.
const WAITING_MAX: usize = 256;

/// Below one packet, compression saves nothing.
const GZIP_BYTES_MIN: usize = 1_400;

/// What compression leaves of a map, roughly; mostly much less.
const GZIP_SHARE: usize = 8;

/// When to ask again after a refusal.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl Renderer {
    pub(super) fn new(answers: Arc<Budget>) -> Arc<Self> {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Arc::new(Self {
            cores: Arc::new(Semaphore::new(cores)),
            waiting: AtomicUsize::new(0),
            answers,
        })
    }

    /// Makes about `bytes_expected` bytes, off the workers.
    pub(super) async fn render(
        &self,
        bytes_expected: usize,
        work: impl FnOnce() -> Result<Bytes, std::io::Error> + Send + 'static,
    ) -> Result<Bytes, Problem> {
        let _waiting = Waiting::join(&self.waiting)?;
        let core = Arc::clone(&self.cores).acquire_owned().await;
        let core = core.map_err(Problem::internal)?;
        let room = self.room(bytes_expected)?;
        // Whoever asked may leave; what was begun goes on, with its core and its room.
        let made = tokio::task::spawn_blocking(move || {
            let made = work();
            drop(core);
            (made, room)
        });
        let (made, room) = made.await.map_err(Problem::internal)?;
        let made = made.map_err(Problem::internal)?;
        let more = made.len().saturating_sub(room.bytes());
        let room = room.and(self.room(more)?);
        Ok(room.fill(made))
    }

    fn room(&self, bytes: usize) -> Result<Room, Problem> {
        self.answers.room(bytes).ok_or_else(|| {
            let detail = "as many answers are in memory as the server has room for";
            Problem::new(Code::Overloaded, detail).with_retry_after(RETRY_AFTER)
        })
    }
}

/// One rendering that waits or is being made.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn join(waiting: &'a AtomicUsize) -> Result<Self, Problem> {
        let joined = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) >= WAITING_MAX {
            let detail = "as many seat maps are being made as can be";
            return Err(Problem::new(Code::Overloaded, detail).with_retry_after(RETRY_AFTER));
        }
        Ok(joined)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Body {
    /// Bytes that nobody has asked for compressed yet.
    pub(super) const fn new(plain: Bytes, renderer: Arc<Renderer>) -> Self {
        Self {
            plain,
            gzip: OnceCell::const_new(),
            renderer,
        }
    }

    /// The bytes as they are.
    pub fn plain(&self) -> Bytes {
        self.plain.clone()
    }

    /// The bytes compressed, once for all; `None` when they are too few to be worth it.
    ///
    /// # Errors
    ///
    /// 503 when there is no room for the compressed bytes.
    pub async fn gzip(&self) -> Result<Option<Bytes>, Problem> {
        if self.plain.len() < GZIP_BYTES_MIN {
            return Ok(None);
        }
        let compressed = self.gzip.get_or_try_init(|| {
            let plain = self.plain();
            self.renderer
                .render(plain.len() / GZIP_SHARE, move || compress(&plain))
        });
        compressed.await.map(|bytes| Some(bytes.clone()))
    }
}

impl Weight for Body {
    fn weight(&self) -> usize {
        self.plain.len() + self.gzip.get().map_or(0, Bytes::len)
    }
}

fn compress(plain: &[u8]) -> std::io::Result<Bytes> {
    let mut encoder = GzEncoder::new(
        Vec::with_capacity(plain.len() / GZIP_SHARE),
        Compression::fast(),
    );
    encoder.write_all(plain)?;
    encoder.finish().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Clients who ask and leave at once take no more than those who wait.
    #[tokio::test]
    async fn what_nobody_waits_for_any_more_keeps_its_core_and_its_room() {
        const BYTES: usize = 1_000;
        let answers = Budget::new(BYTES * 6 / 5);
        let renderer = Renderer::new(Arc::clone(&answers));
        let (begun, has_begun) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let rendering = renderer.render(BYTES, move || {
            begun.send(()).map_err(std::io::Error::other)?;
            may_go_on.recv().map_err(std::io::Error::other)?;
            Ok(Bytes::new())
        });
        let mut rendering = Box::pin(rendering);
        let cores = renderer.cores.available_permits();
        assert!(futures::poll!(rendering.as_mut()).is_pending());
        has_begun.recv().unwrap();
        drop(rendering);
        assert_eq!(renderer.cores.available_permits(), cores - 1);
        assert_eq!(answers.free(), 0);
        go_on.send(()).unwrap();
        while renderer.cores.available_permits() < cores || answers.free() < BYTES {
            tokio::task::yield_now().await;
        }
    }
}
