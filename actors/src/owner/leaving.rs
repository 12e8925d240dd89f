//! How an owner leaves by itself, and which reason it gives its supervisor.

use ractor::ActorRef;
use strum::{EnumString, IntoStaticStr};
use tokio::sync::oneshot;

use super::{Owner, snapshots};
use crate::owner::message::OwnerMessage;

/// Why an owner left by itself. Actors give their reasons as texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Leaving {
    /// Another reign has begun, or the store has forgotten this one.
    Fenced,
    /// Nobody needed it, or the program stops.
    Unused,
    /// Another owner needed its place.
    ForAnother,
}

impl From<Leaving> for Option<String> {
    fn from(why: Leaving) -> Self {
        Some(<&str>::from(why).to_owned())
    }
}

impl Owner {
    pub(super) fn leave_if_unused(&mut self, why: Leaving, myself: &ActorRef<OwnerMessage>) {
        if self.map.live_holds() == 0 && self.is_finished() && self.admission.close_if_empty() {
            self.write_last_snapshot(None);
            myself.stop(why.into());
        }
    }

    pub(super) fn report_if_finished(&mut self) {
        if self.is_finished() {
            for done in self.finishing.drain(..) {
                let _gone = done.send(());
            }
        }
    }

    pub(super) fn leave_if_finished(&mut self, myself: &ActorRef<OwnerMessage>) {
        if self.leaving.is_some() && self.is_finished() {
            let done = self.leaving.take();
            self.write_last_snapshot(done);
            myself.stop(Leaving::Unused.into());
        }
    }

    fn is_finished(&self) -> bool {
        self.pending.is_empty() && self.durable == self.map.seq()
    }

    fn write_last_snapshot(&mut self, done: Option<oneshot::Sender<()>>) {
        let written = self
            .snapshots
            .last(&self.map)
            .map(|snapshot| snapshots::write(&self.journal, &self.reign, snapshot));
        tokio::spawn(async move {
            if let Some(written) = written {
                drop(written.await);
            }
            if let Some(done) = done {
                // The caller may have stopped waiting.
                let _gone = done.send(());
            }
        });
    }
}
