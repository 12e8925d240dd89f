//! An answer in progress has to be taken, piece by piece: one whose next piece nobody takes for too
//! long is dropped, and its memory and its places with it. So is one that is taken so slowly, piece by
//! piece, that the whole would take for ever: it would keep a seat map in memory that nobody else wants
//! any more. While an answer waits for its turn to be sent, its client has nothing to take.
//!
//! Over HTTP/1 a connection has one answer at a time and ends with it. Over HTTP/2 every stream is
//! a task of its own, so only the stalled stream is reset: a gateway's other streams go on.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::rt::Executor;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep};

tokio::task_local! {
    /// What the answers of this task note their progress in.
    static TAKEN: Arc<Taken>;
}

/// When a piece of an answer was last taken.
#[derive(Debug)]
struct Taken {
    since: Instant,
    /// Answers of this task in progress.
    answers: AtomicUsize,
    /// Milliseconds since `since`.
    at_ms: AtomicU64,
    /// By when the whole answer has to be taken, in milliseconds since `since`.
    whole_by_ms: AtomicU64,
}

/// Bytes of a long answer that a client has to take in a second, over all of it.
const BYTES_PER_SECOND_MIN: u64 = 32 * 1_024;

/// An answer's progress, noted by its body; dropping it says that the answer is taken.
#[derive(Debug)]
pub(super) struct Progress(Arc<Taken>);

impl Progress {
    /// Begins an answer of the present task, of so many bytes; `None` where nobody watches.
    pub(super) fn begin(bytes: u64) -> Option<Self> {
        let taken = TAKEN.try_with(Arc::clone).ok()?;
        let now_ms = taken.now_ms();
        taken.at_ms.store(now_ms, Ordering::Relaxed);
        let whole = now_ms + bytes.saturating_mul(1_000) / BYTES_PER_SECOND_MIN;
        taken.whole_by_ms.store(whole, Ordering::Relaxed);
        taken.answers.fetch_add(1, Ordering::Relaxed);
        Some(Self(taken))
    }

    /// A piece was taken.
    pub(super) fn note(&self) {
        self.0.note();
    }

    /// The next piece is sent later, and until then there is nothing to take.
    pub(super) fn wait_until(&self, turn: Instant) {
        let turn_ms = millis(turn.saturating_duration_since(self.0.since));
        let wait_ms = turn_ms.saturating_sub(self.0.now_ms());
        self.0.at_ms.fetch_max(turn_ms, Ordering::Relaxed);
        self.0.whole_by_ms.fetch_add(wait_ms, Ordering::Relaxed);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.answers.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Taken {
    fn note(&self) {
        self.at_ms.store(self.now_ms(), Ordering::Relaxed);
    }

    fn now_ms(&self) -> u64 {
        millis(self.since.elapsed())
    }

    /// When patience is over, unless more is taken until then.
    fn due(&self, patience: Duration) -> Instant {
        let at_ms = self.at_ms.load(Ordering::Relaxed);
        let whole_by_ms = self.whole_by_ms.load(Ordering::Relaxed);
        // The shortest answer has the patience that each piece has.
        let due_ms = at_ms.min(whole_by_ms);
        self.since + Duration::from_millis(due_ms) + patience
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

pin_project! {
    /// A task whose answers are dropped, with the task, when they make no progress.
    pub(super) struct Watched<F> {
        #[pin]
        task: F,
        patience: Duration,
        taken: Arc<Taken>,
        // Only while an answer waits to be taken; most never do.
        deadline: Option<Pin<Box<Sleep>>>,
    }
}

impl<F> Watched<F> {
    pub(super) fn new(task: F, patience: Duration) -> Self {
        Self {
            task,
            patience,
            taken: Arc::new(Taken {
                since: Instant::now(),
                answers: AtomicUsize::new(0),
                at_ms: AtomicU64::new(0),
                whole_by_ms: AtomicU64::new(0),
            }),
            deadline: None,
        }
    }

    /// The task itself.
    pub(super) fn task(self: Pin<&mut Self>) -> Pin<&mut F> {
        self.project().task
    }
}

impl<F: Future> Future for Watched<F> {
    /// `None` when it was given up.
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let task = this.task;
        let polled = TAKEN.sync_scope(Arc::clone(this.taken), || task.poll(cx));
        if let Poll::Ready(output) = polled {
            return Poll::Ready(Some(output));
        }
        if this.taken.answers.load(Ordering::Relaxed) == 0 {
            *this.deadline = None;
            return Poll::Pending;
        }
        let deadline = this.deadline.get_or_insert_with(|| {
            Box::pin(tokio::time::sleep_until(this.taken.due(*this.patience)))
        });
        while deadline.as_mut().poll(cx).is_ready() {
            let due = this.taken.due(*this.patience);
            if due <= Instant::now() {
                return Poll::Ready(None);
            }
            deadline.as_mut().reset(due);
        }
        Poll::Pending
    }
}

/// Runs the streams of HTTP/2 connections, each watched.
#[derive(Clone, Copy, Debug)]
pub(super) struct WatchedStreams {
    pub(super) patience: Duration,
}

impl<F> Executor<F> for WatchedStreams
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, stream: F) {
        tokio::spawn(Watched::new(stream, self.patience));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(15);
    const LONG: u64 = 100 << 20;

    /// An answer of which a piece is taken every `pause`, so many times, and then nothing more.
    async fn answer(bytes: u64, pause: Duration, pieces: u32) {
        let progress = Progress::begin(bytes).unwrap();
        for _ in 0..pieces {
            tokio::time::sleep(pause).await;
            progress.note();
        }
        std::future::pending::<()>().await;
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_nobody_takes_is_given_up() {
        let begun = Instant::now();
        assert_eq!(
            Watched::new(answer(LONG, PATIENCE, 0), PATIENCE).await,
            None
        );
        assert_eq!(begun.elapsed().as_secs(), 15);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_may_take_long_as_long_as_it_is_taken() {
        let begun = Instant::now();
        let slow = answer(LONG, Duration::from_secs(14), 10);
        assert_eq!(Watched::new(slow, PATIENCE).await, None);
        assert_eq!(begun.elapsed().as_secs(), 10 * 14 + 15);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_may_not_be_taken_drop_by_drop_for_ever() {
        let begun = Instant::now();
        // A megabyte has half a minute, and the patience that every piece has.
        let slow = answer(1 << 20, Duration::from_secs(14), 1_000);
        assert_eq!(Watched::new(slow, PATIENCE).await, None);
        assert_eq!(begun.elapsed().as_secs(), 32 + 15);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_the_server_is_not_slow() {
        let begun = Instant::now();
        let queued = async {
            let progress = Progress::begin(32 * 1_024).unwrap();
            for _ in 0..10 {
                let turn = Instant::now() + 4 * PATIENCE;
                progress.wait_until(turn);
                tokio::time::sleep_until(turn).await;
                progress.note();
            }
        };
        assert_eq!(Watched::new(queued, PATIENCE).await, Some(()));
        assert_eq!(begun.elapsed().as_secs(), 10 * 4 * 15);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_without_an_answer_may_wait() {
        let idle = async {
            drop(Progress::begin(LONG));
            tokio::time::sleep(PATIENCE * 100).await;
        };
        assert_eq!(Watched::new(idle, PATIENCE).await, Some(()));
    }
}
