//! An answer under way has to be taken, piece by piece: one whose next piece nobody takes for too
//! long is dropped, and its memory and its places with it.
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
    /// Answers of this task under way.
    answers: AtomicUsize,
    /// Milliseconds since `since`.
    at_ms: AtomicU64,
}

/// An answer's progress, noted by its body; dropping it says that the answer is taken.
#[derive(Debug)]
pub(super) struct Progress(Arc<Taken>);

impl Progress {
    /// Begins an answer of the present task; `None` where nobody watches.
    pub(super) fn begin() -> Option<Self> {
        let taken = TAKEN.try_with(Arc::clone).ok()?;
        taken.note();
        taken.answers.fetch_add(1, Ordering::Relaxed);
        Some(Self(taken))
    }

    /// A piece was taken.
    pub(super) fn note(&self) {
        self.0.note();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.answers.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Taken {
    fn note(&self) {
        let at_ms = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.at_ms.store(at_ms, Ordering::Relaxed);
    }

    fn at(&self) -> Instant {
        self.since + Duration::from_millis(self.at_ms.load(Ordering::Relaxed))
    }
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
            Box::pin(tokio::time::sleep_until(this.taken.at() + *this.patience))
        });
        while deadline.as_mut().poll(cx).is_ready() {
            let due = this.taken.at() + *this.patience;
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

    /// An answer of which a piece is taken every `pause`, so many times, and then nothing more.
    async fn answer(pause: Duration, pieces: u32) {
        let progress = Progress::begin().unwrap();
        for _ in 0..pieces {
            tokio::time::sleep(pause).await;
            progress.note();
        }
        std::future::pending::<()>().await;
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_nobody_takes_is_given_up() {
        let begun = Instant::now();
        assert_eq!(Watched::new(answer(PATIENCE, 0), PATIENCE).await, None);
        assert_eq!(begun.elapsed().as_secs(), 15);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_may_take_long_as_long_as_it_is_taken() {
        let begun = Instant::now();
        let slow = answer(Duration::from_secs(14), 10);
        assert_eq!(Watched::new(slow, PATIENCE).await, None);
        assert_eq!(begun.elapsed().as_secs(), 10 * 14 + 15);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_without_an_answer_may_wait() {
        let idle = async {
            drop(Progress::begin());
            tokio::time::sleep(PATIENCE * 100).await;
        };
        assert_eq!(Watched::new(idle, PATIENCE).await, Some(()));
    }
}
