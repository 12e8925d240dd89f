//! What one connection has done so far, and how long it may stay.
//!
//! Every connection has a lifetime, whatever it says or does not say. One that has never asked
//! anything has the time of a request's head; one that is between two requests may idle; one that
//! has begun to send a head has to finish it; and however busy it is, it is told to come again
//! after its longest life. While a request is in progress its own deadlines bound it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::held_off::{HeldOff, millis};

/// How long a connection may stay in which state.
#[derive(Clone, Copy, Debug)]
pub(super) struct StayLimits {
    /// From its beginning, or a head's first byte, until the head is complete.
    pub(super) header_timeout: Duration,
    /// Between two requests.
    pub(super) idle_timeout: Duration,
    /// In all; what is in progress then is finished.
    pub(super) lifetime: Duration,
}

/// One connection. Times are milliseconds since it was accepted.
#[derive(Debug)]
pub(super) struct Visitor {
    peer: SocketAddr,
    born: Instant,
    /// Requests whose last byte has not been taken yet.
    in_progress: AtomicUsize,
    /// Of those, the ones whose answer is still being made.
    being_made: AtomicUsize,
    /// When an answer was last there to be taken.
    made_at: AtomicU64,
    /// When the last request was done with; [`NEVER`] before the first.
    answered_at: AtomicU64,
    /// When the first byte came since; [`NEVER`] without one.
    reading_since: AtomicU64,
    speaks_http2: AtomicBool,
    /// What of it is not looked at now.
    held_off: HeldOff,
}

/// A request of a visitor; dropping it says that its answer is taken, or that nobody wants it.
#[derive(Debug)]
pub(super) struct Visit {
    visitor: Arc<Visitor>,
    /// Whether its answer is still being made.
    being_made: bool,
}

/// A request of a visitor that is not looked at yet.
#[derive(Debug)]
pub(super) struct Parked(Arc<Visitor>);

impl Drop for Parked {
    fn drop(&mut self) {
        self.0.held_off.unpark();
    }
}

/// How dispensable a connection is, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dispensable {
    /// Its answers are made and only wait to be taken, which takes no more from whoever dawdles.
    Dawdles,
    /// It has asked, and been answered.
    Idles,
    /// It never asked anything.
    NeverAsked,
}

/// Whether a connection may stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StayVerdict {
    /// For so long as things stand now; then look again.
    Stay(Duration),
    Leave,
}

const NEVER: u64 = u64::MAX;

/// Whoever takes longer over an answer than this gives way to others when all places are taken.
const TAKEN_WITHIN_MS: u64 = 2_000;

/// How every HTTP/2 connection begins.
const HTTP2_START: &[u8] = b"PRI";

impl Visitor {
    pub(super) fn new(peer: SocketAddr) -> Arc<Self> {
        Arc::new(Self {
            peer,
            born: Instant::now(),
            in_progress: AtomicUsize::new(0),
            being_made: AtomicUsize::new(0),
            made_at: AtomicU64::new(0),
            answered_at: AtomicU64::new(NEVER),
            reading_since: AtomicU64::new(NEVER),
            speaks_http2: AtomicBool::new(false),
            held_off: HeldOff::new(),
        })
    }

    /// What of it is not looked at now.
    pub(super) const fn held_off(&self) -> &HeldOff {
        &self.held_off
    }

    /// Where it comes from.
    pub(super) const fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// A request has been read.
    pub(super) fn begin(self: &Arc<Self>) -> Visit {
        self.in_progress.fetch_add(1, Ordering::Relaxed);
        self.being_made.fetch_add(1, Ordering::Relaxed);
        self.reading_since.store(NEVER, Ordering::Relaxed);
        Visit {
            visitor: Arc::clone(self),
            being_made: true,
        }
    }

    /// A request has been read that is not looked at yet: the connection idles until it is. `None` when
    /// as many wait already as may, for each takes memory.
    pub(super) fn park(self: &Arc<Self>) -> Option<Parked> {
        self.reading_since.store(NEVER, Ordering::Relaxed);
        self.answered_at.store(self.age_ms(), Ordering::Relaxed);
        let parked = self.held_off.park();
        parked.then(|| Parked(Arc::clone(self)))
    }

    /// Whether anybody still hopes for an answer: one is in progress, or not begun yet.
    pub(super) fn is_awaited(&self) -> bool {
        self.is_at_work() || self.held_off.anything_parked()
    }

    /// Bytes have come. Over HTTP/2 they say nothing of a request, and only requests count.
    pub(super) fn note_read(&self, bytes: &[u8]) {
        let idle = self.in_progress.load(Ordering::Relaxed) == 0;
        if bytes.is_empty() || !idle || self.speaks_http2.load(Ordering::Relaxed) {
            return;
        }
        if self.answered_at.load(Ordering::Relaxed) == NEVER {
            // The head's time began with the connection.
            if bytes.starts_with(HTTP2_START) {
                self.speaks_http2.store(true, Ordering::Relaxed);
            }
        } else if self.reading_since.load(Ordering::Relaxed) == NEVER {
            self.reading_since.store(self.age_ms(), Ordering::Relaxed);
        }
    }

    /// Whether it may stay, and how long at the least.
    pub(super) fn verdict(&self, limits: &StayLimits) -> StayVerdict {
        let age = Duration::from_millis(self.age_ms());
        let until = if self.is_at_work() {
            // Nothing to judge now; soon there may be.
            age + limits.header_timeout.min(limits.idle_timeout)
        } else {
            let reading_since = self.reading_since.load(Ordering::Relaxed);
            match (reading_since, self.answered_at.load(Ordering::Relaxed)) {
                (NEVER, NEVER) => limits.header_timeout,
                (NEVER, answered_at) => Duration::from_millis(answered_at) + limits.idle_timeout,
                (since, _) => Duration::from_millis(since) + limits.header_timeout,
            }
        };
        match until.min(limits.lifetime).saturating_sub(age) {
            Duration::ZERO => StayVerdict::Leave,
            left => StayVerdict::Stay(left),
        }
    }

    /// Whether an answer of its is in progress.
    pub(super) fn is_at_work(&self) -> bool {
        self.in_progress.load(Ordering::Relaxed) > 0
    }

    /// Whether an answer of its is still being made.
    pub(super) fn waits(&self) -> bool {
        self.being_made.load(Ordering::Relaxed) > 0
    }

    /// How dispensable a connection is, and among equals the one goes that has been so for longest.
    /// `None` while an answer of its is being made, or was just now.
    pub(super) fn dispensability(&self) -> Option<(Dispensable, u64)> {
        if self.waits() {
            return None;
        }
        let age = self.age_ms();
        if self.is_at_work() {
            let waits = age.saturating_sub(self.made_at.load(Ordering::Relaxed));
            return (waits >= TAKEN_WITHIN_MS).then_some((Dispensable::Dawdles, waits));
        }
        Some(match self.answered_at.load(Ordering::Relaxed) {
            NEVER => (Dispensable::NeverAsked, age),
            answered_at => (Dispensable::Idles, age.saturating_sub(answered_at)),
        })
    }

    fn age_ms(&self) -> u64 {
        millis(self.born.elapsed())
    }
}

impl Visit {
    /// Its answer is there, and has to be taken.
    pub(super) fn is_made(&mut self) {
        if std::mem::take(&mut self.being_made) {
            let visitor = &self.visitor;
            visitor.made_at.store(visitor.age_ms(), Ordering::Relaxed);
            visitor.being_made.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.is_made();
        let visitor = &self.visitor;
        visitor
            .answered_at
            .store(visitor.age_ms(), Ordering::Relaxed);
        visitor.in_progress.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: StayLimits = StayLimits {
        header_timeout: Duration::from_secs(30),
        idle_timeout: Duration::from_secs(75),
        lifetime: Duration::from_secs(1_000),
    };

    fn visitor() -> Arc<Visitor> {
        Visitor::new(([127, 0, 0, 1], 1).into())
    }

    async fn pass(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    fn seconds_left(visitor: &Visitor) -> Option<u64> {
        match visitor.verdict(&TERMS) {
            StayVerdict::Stay(left) => Some(left.as_secs()),
            StayVerdict::Leave => None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_never_asks_has_the_time_of_a_head_whatever_is_said() {
        let silent = visitor();
        let preface = visitor();
        preface.note_read(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        pass(29).await;
        preface.note_read(&[0; 9]);
        for visitor in [&silent, &preface] {
            assert_eq!(seconds_left(visitor), Some(1));
        }
        pass(1).await;
        for visitor in [&silent, &preface] {
            assert_eq!(seconds_left(visitor), None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn between_requests_there_is_more_time_unless_a_head_has_begun() {
        let visitor = visitor();
        drop(visitor.begin());
        assert_eq!(seconds_left(&visitor), Some(75));
        pass(60).await;
        visitor.note_read(b"G");
        assert_eq!(seconds_left(&visitor), Some(30));
        pass(29).await;
        visitor.note_read(b"E");
        pass(1).await;
        assert_eq!(seconds_left(&visitor), None);
    }

    #[tokio::test(start_paused = true)]
    async fn over_http2_only_requests_count_as_use() {
        let visitor = visitor();
        visitor.note_read(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        drop(visitor.begin());
        pass(70).await;
        visitor.note_read(&[0; 17]);
        assert_eq!(seconds_left(&visitor), Some(5));
        pass(5).await;
        assert_eq!(seconds_left(&visitor), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_at_work_keeps_its_connection_until_the_end_of_its_life() {
        let visitor = visitor();
        let _visit = visitor.begin();
        pass(999).await;
        assert_eq!(seconds_left(&visitor), Some(1));
        assert_eq!(visitor.dispensability(), None);
        pass(1).await;
        assert_eq!(seconds_left(&visitor), None);
    }

    #[tokio::test(start_paused = true)]
    async fn who_never_asked_is_more_dispensable_than_who_did() {
        let (silent, idle, idler) = (visitor(), visitor(), visitor());
        drop(idler.begin());
        pass(50).await;
        drop(idle.begin());
        pass(1).await;
        assert!(silent.dispensability() > idler.dispensability());
        assert!(idler.dispensability() > idle.dispensability());
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_to_be_looked_at_is_as_dispensable_as_who_idles() {
        let (waiting, idle) = (visitor(), visitor());
        drop(waiting.begin());
        waiting.held_off().hold_off(Duration::from_secs(10));
        waiting.note_read(b"POST");
        let parked = waiting.park();
        drop(idle.begin());
        pass(1).await;
        assert!(waiting.dispensability().is_some());
        assert_eq!(waiting.dispensability(), idle.dispensability());
        assert_eq!(seconds_left(&waiting), Some(74));
        assert!(waiting.is_awaited());
        drop(parked);
        assert!(!waiting.is_awaited());
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_take_an_answer_gives_way_after_all_who_idle() {
        let (dawdler, idle, busy) = (visitor(), visitor(), visitor());
        drop(idle.begin());
        let (mut untaken, _being_made) = (dawdler.begin(), busy.begin());
        untaken.is_made();
        pass(1).await;
        assert_eq!(dawdler.dispensability(), None);
        pass(9).await;
        assert!(dawdler.dispensability().is_some());
        assert!(dawdler.dispensability() < idle.dispensability());
        assert_eq!(busy.dispensability(), None);
    }
}
