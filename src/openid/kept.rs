//! What a provider says of itself, kept for a while: fetched by one, whoever else wants it waits for that.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, RwLock};
use tokio::time::Instant;

/// How long it is taken for true without asking again.
const AGE_MAX: Duration = Duration::from_hours(1);

/// After a failure nobody asks again for so long.
const REST: Duration = Duration::from_secs(5);

/// Between two times that it is fetched because something was not in it.
const MISSED_EVERY: Duration = Duration::from_mins(1);

/// A document, and when it may be fetched.
#[derive(Debug)]
pub(super) struct Kept<T> {
    held: RwLock<Option<Held<T>>>,
    fetching: Mutex<Fetching>,
}

/// A document as it was fetched.
#[derive(Debug)]
pub(super) struct Held<T> {
    pub document: Arc<T>,
    pub fetched_at: Instant,
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        Self {
            document: Arc::clone(&self.document),
            fetched_at: self.fetched_at,
        }
    }
}

/// What became of the last times.
#[derive(Debug, Default)]
struct Fetching {
    failed: Option<(Instant, String)>,
    /// Failures that followed one another.
    failures: u64,
    missed_at: Option<Instant>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self {
            held: RwLock::new(None),
            fetching: Mutex::new(Fetching::default()),
        }
    }
}

impl<T: Send + Sync> Kept<T> {
    /// What is held, if it is young enough.
    pub(super) async fn young(&self) -> Option<Held<T>> {
        let held = self.held.read().await;
        held.as_ref()
            .filter(|held| held.fetched_at.elapsed() < AGE_MAX)
            .cloned()
    }

    /// What is held, fetched if there is none or it is old. An old one stays good when a new one is not
    /// to be had.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub(super) async fn get(
        &self,
        fetch: impl Future<Output = Result<T, String>> + Send,
    ) -> Result<Held<T>, String> {
        if let Some(held) = self.young().await {
            return Ok(held);
        }
        let mut fetching = self.fetching.lock().await;
        // Whoever was waited for has fetched it, or has failed to.
        if let Some(held) = self.young().await {
            return Ok(held);
        }
        if let Some((_, why)) = fetching.failed.as_ref().filter(|it| it.0.elapsed() < REST) {
            return self.old_or(why).await;
        }
        match fetch.await {
            Ok(document) => Ok(self.hold(document, &mut fetching).await),
            Err(why) => self.fail(why, &mut fetching).await,
        }
    }

    /// What is to be had instead of one in which something was `missed`; none when it was fetched for
    /// that reason less than a minute ago.
    ///
    /// # Errors
    ///
    /// Why it could not be fetched.
    pub(super) async fn newer(
        &self,
        missed: Instant,
        fetch: impl Future<Output = Result<T, String>> + Send,
    ) -> Result<Option<Held<T>>, String> {
        let mut fetching = self.fetching.lock().await;
        let held = self.held.read().await.clone();
        if let Some(held) = held.filter(|held| held.fetched_at > missed) {
            return Ok(Some(held));
        }
        let resting = fetching
            .missed_at
            .is_some_and(|at| at.elapsed() < MISSED_EVERY);
        if resting {
            return Ok(None);
        }
        if let Some((_, why)) = fetching.failed.as_ref().filter(|it| it.0.elapsed() < REST) {
            return Err(why.clone());
        }
        match fetch.await {
            Ok(document) => {
                fetching.missed_at = Some(Instant::now());
                Ok(Some(self.hold(document, &mut fetching).await))
            }
            Err(why) => {
                fetching.failed = Some((Instant::now(), why.clone()));
                Err(why)
            }
        }
    }

    async fn hold(&self, document: T, fetching: &mut Fetching) -> Held<T> {
        let held = Held {
            document: Arc::new(document),
            fetched_at: Instant::now(),
        };
        (fetching.failed, fetching.failures) = (None, 0);
        *self.held.write().await = Some(held.clone());
        held
    }

    /// Whoever gets nothing says so; that an old one is still used is said here.
    async fn fail(&self, why: String, fetching: &mut Fetching) -> Result<Held<T>, String> {
        fetching.failures = fetching.failures.saturating_add(1);
        let failures = fetching.failures;
        let old = self.old_or(&why).await;
        if old.is_ok() && failures.is_power_of_two() {
            tracing::warn!(
                error = why,
                failures,
                "the provider of identities does not say where it is or what its keys are: what it said before is used"
            );
        }
        fetching.failed = Some((Instant::now(), why));
        old
    }

    async fn old_or(&self, why: &str) -> Result<Held<T>, String> {
        let old = self.held.read().await.clone();
        old.ok_or_else(|| why.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// A provider that counts how often it is asked.
    #[derive(Default)]
    struct Source {
        asked: AtomicU32,
    }

    impl Source {
        async fn works(&self) -> Result<u32, String> {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(self.asked.fetch_add(1, Ordering::Relaxed) + 1)
        }

        async fn fails(&self) -> Result<u32, String> {
            self.works().await?;
            Err("it is away".to_owned())
        }

        fn asked(&self) -> u32 {
            self.asked.load(Ordering::Relaxed)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn of_many_at_once_one_fetches() {
        let (kept, source) = (Kept::default(), Source::default());
        let all = (0..10).map(|_| kept.get(source.works()));
        for held in futures::future::join_all(all).await {
            assert_eq!(*held.unwrap().document, 1);
        }
        tokio::time::sleep(AGE_MAX).await;
        assert_eq!(*kept.get(source.works()).await.unwrap().document, 2);
        assert_eq!(source.asked(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_remembered_for_moments_and_leaves_the_old_one() {
        let (kept, source) = (Kept::default(), Source::default());
        let all = (0..10).map(|_| kept.get(source.fails()));
        for held in futures::future::join_all(all).await {
            assert_eq!(held.unwrap_err(), "it is away");
        }
        assert_eq!(source.asked(), 1);
        tokio::time::sleep(REST).await;
        assert_eq!(*kept.get(source.works()).await.unwrap().document, 2);
        tokio::time::sleep(AGE_MAX).await;
        for _ in 0..10 {
            assert_eq!(*kept.get(source.fails()).await.unwrap().document, 2);
        }
        assert_eq!(source.asked(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_missed_is_fetched_once_a_minute_by_one() {
        let (kept, source) = (Kept::default(), Source::default());
        let first = kept.get(source.works()).await.unwrap();
        let all = (0..10).map(|_| kept.newer(first.fetched_at, source.works()));
        for held in futures::future::join_all(all).await {
            assert_eq!(held.unwrap().map(|held| *held.document), Some(2));
        }
        let second = kept.young().await.unwrap();
        for _ in 0..100 {
            let held = kept.newer(second.fetched_at, source.works()).await;
            assert!(held.unwrap().is_none());
        }
        assert_eq!(source.asked(), 2);
        tokio::time::sleep(MISSED_EVERY).await;
        let third = kept.newer(second.fetched_at, source.works()).await;
        assert_eq!(third.unwrap().map(|held| *held.document), Some(3));
    }
}
