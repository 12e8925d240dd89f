//! One timer per owner, for the earliest deadline.
//!
//! The alarm only wakes the owner: what is due is decided by the clock. So it may ring early or
//! twice, and only a deadline earlier than the one it is set to makes it be set again.

use std::sync::Arc;
use std::time::Duration;

use ractor::ActorRef;
use seating::timestamp::Timestamp;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::owner::message::OwnerMessage;

#[derive(Debug)]
pub(crate) struct Alarm {
    clock: Arc<dyn Clock>,
    set: Option<(Timestamp, JoinHandle<()>)>,
}

impl Alarm {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, set: None }
    }

    /// Makes sure that the owner is woken no later than at `deadline`.
    pub(crate) fn set(&mut self, deadline: Option<Timestamp>, owner: &ActorRef<OwnerMessage>) {
        let Some(deadline) = deadline else { return };
        if let Some((at, timer)) = &self.set {
            if *at <= deadline {
                return;
            }
            timer.abort();
        }
        let waiting = self.clock.wait_until(deadline);
        let owner = owner.clone();
        let timer = tokio::spawn(async move {
            waiting.await;
            // An owner that has left needs no waking.
            drop(owner.send_message(OwnerMessage::Alarm));
        });
        self.set = Some((deadline, timer));
    }

    /// Rings again after a while, even if something comes due before: the owner could not act now.
    pub(crate) fn retry(&mut self, after: Duration, owner: &ActorRef<OwnerMessage>) {
        let owner = owner.clone();
        let timer = tokio::spawn(async move {
            tokio::time::sleep(after).await;
            // An owner that has left needs no waking.
            drop(owner.send_message(OwnerMessage::Alarm));
        });
        self.set = Some((Timestamp::MIN, timer));
    }

    /// It has rung.
    pub(crate) fn clear(&mut self) {
        self.set = None;
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some((_, timer)) = &self.set {
            timer.abort();
        }
    }
}
