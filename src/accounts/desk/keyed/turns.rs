//! Requests that came under one key, one after the other.

use std::sync::Arc;

use dashmap::DashMap;
use tokio::sync::{Mutex, OwnedMutexGuard};

type Key = [u8; 16];

/// Whose turn it is, for each key that somebody is using at the moment.
#[derive(Debug, Default)]
pub struct Turns(DashMap<Key, Arc<Mutex<()>>>);

/// A turn, or a place in the queue for one; it ends when it is dropped.
#[derive(Debug)]
pub(in crate::accounts::desk) struct Turn<'a> {
    turns: &'a Turns,
    key: Key,
    queue: Option<Arc<Mutex<()>>>,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits for everybody who came before with this key.
    pub(in crate::accounts::desk) async fn take(&self, key: Key) -> Turn<'_> {
        let queue = Arc::clone(self.0.entry(key).or_default().value());
        let mut turn = Turn {
            turns: self,
            key,
            queue: Some(Arc::clone(&queue)),
            guard: None,
        };
        turn.guard = Some(queue.lock_owned().await);
        turn
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.guard = None;
        self.queue = None;
        let nobody = |_: &Key, queue: &mut Arc<Mutex<()>>| Arc::strong_count(queue) == 1;
        self.turns.0.remove_if_mut(&self.key, nobody);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn whoever_comes_later_waits_and_nothing_is_left() {
        let turns = Turns::default();
        let first = turns.take([1; 16]).await;
        let other = turns.take([2; 16]).await;
        let mut second = Box::pin(turns.take([1; 16]));
        assert!(second.as_mut().now_or_never().is_none());
        let third = Box::pin(turns.take([1; 16]));
        // Somebody who gives up in the queue holds nobody up.
        drop(third);
        drop(first);
        drop(second.await);
        drop(other);
        assert!(turns.0.is_empty());
    }

    #[tokio::test]
    async fn whoever_gives_up_last_leaves_nothing_either() {
        let turns = Turns::default();
        let first = turns.take([1; 16]).await;
        let mut second = Box::pin(turns.take([1; 16]));
        assert!(second.as_mut().now_or_never().is_none());
        drop(first);
        drop(second);
        assert!(turns.0.is_empty());
    }
}
