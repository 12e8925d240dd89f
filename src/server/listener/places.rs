//! The places of a port: so many connections, and when all are taken the most dispensable idle one
//! leaves for whoever comes, so that nobody can keep others out by sitting there.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use slab::Slab;
use tokio::task::{AbortHandle, Id, JoinSet};

use super::visitor::{Dispensable, Visitor};

/// Connections compared when one has to leave.
const COMPARED_MAX: usize = 64;

/// When to look again for a connection that can be closed while all are in use.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Everybody who is connected to one port.
#[derive(Debug)]
pub(super) struct Places {
    max: usize,
    tasks: JoinSet<()>,
    guests: Slab<Guest>,
    by_task: HashMap<Id, usize>,
    /// Where the comparison goes on next time.
    hand: usize,
}

#[derive(Debug)]
struct Guest {
    visitor: Arc<Visitor>,
    task: AbortHandle,
}

impl Places {
    pub(super) fn new(max: usize) -> Self {
        Self {
            max,
            tasks: JoinSet::new(),
            guests: Slab::new(),
            by_task: HashMap::new(),
            hand: 0,
        }
    }

    /// Seats a connection, for which there must be a place.
    pub(super) fn seat(
        &mut self,
        visitor: Arc<Visitor>,
        connection: impl Future<Output = ()> + Send + 'static,
    ) {
        let task = self.tasks.spawn(connection);
        let id = task.id();
        let place = self.guests.insert(Guest { visitor, task });
        self.by_task.insert(id, place);
    }

    /// Waits for a place, for which somebody idle leaves if need be.
    pub(super) async fn one_free(&mut self) {
        self.collect();
        while self.guests.len() >= self.max {
            self.dismiss_one();
            // All may have requests in progress, which have deadlines of their own.
            drop(tokio::time::timeout(LOOK_AGAIN, self.one_left()).await);
            self.collect();
        }
    }

    /// Waits until one has left; for ever when nobody is there.
    pub(super) async fn one_left(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => self.forget(id),
            Some(Err(error)) => self.forget(error.id()),
            None => std::future::pending().await,
        }
    }

    /// Whether anybody still waits for an answer to be made.
    pub(super) fn anybody_waits(&self) -> bool {
        self.guests.iter().any(|(_, guest)| guest.visitor.waits())
    }

    /// Waits until all have left.
    pub(super) async fn all_left(&mut self) {
        while !self.tasks.is_empty() {
            self.one_left().await;
        }
    }

    fn collect(&mut self) {
        while let Some(left) = self.tasks.try_join_next_with_id() {
            match left {
                Ok((id, ())) => self.forget(id),
                Err(error) => self.forget(error.id()),
            }
        }
    }

    fn forget(&mut self, task: Id) {
        if let Some(place) = self.by_task.remove(&task) {
            drop(self.guests.try_remove(place));
        }
    }

    /// Ends the most dispensable of the next few idle connections.
    fn dismiss_one(&mut self) {
        let mut found: Option<((Dispensable, u64), usize)> = None;
        let mut compared = 0;
        let slots = self.guests.capacity();
        let first = self.hand;
        for step in 0..slots {
            let place = (first + step) % slots;
            let guest = self.guests.get(place);
            if let Some(dispensable) = guest.and_then(|it| it.visitor.dispensability()) {
                found = found.max(Some((dispensable, place)));
                compared += 1;
            }
            if compared == COMPARED_MAX {
                self.hand = place + 1;
                break;
            }
        }
        if let Some(guest) = found.and_then(|(_, place)| self.guests.get(place)) {
            guest.task.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visitor() -> Arc<Visitor> {
        Visitor::new(([127, 0, 0, 1], 1).into())
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_comes_finds_a_place_however_many_sit_there() {
        let mut places = Places::new(4);
        for _ in 0..100 {
            places.one_free().await;
            places.seat(visitor(), std::future::pending());
            assert!(places.guests.len() <= 4);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_at_work_keeps_the_place_and_who_asked_leaves_last() {
        let mut places = Places::new(3);
        let (busy, asked) = (visitor(), visitor());
        let _visit = busy.begin();
        drop(asked.begin());
        places.seat(Arc::clone(&busy), std::future::pending());
        places.seat(Arc::clone(&asked), std::future::pending());
        for _ in 0..100 {
            places.one_free().await;
            places.seat(visitor(), std::future::pending());
        }
        for kept in [&busy, &asked] {
            let is_there = |(_, guest): (usize, &Guest)| Arc::ptr_eq(&guest.visitor, kept);
            assert!(places.guests.iter().any(is_there));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn while_all_are_at_work_the_next_waits_for_the_first_to_leave() {
        let mut places = Places::new(1);
        let busy = visitor();
        let visit = busy.begin();
        places.seat(busy, async move {
            tokio::time::sleep(Duration::from_secs(5)).await;
            drop(visit);
        });
        let begun = tokio::time::Instant::now();
        places.one_free().await;
        assert_eq!(begun.elapsed().as_secs(), 5);
    }
}
