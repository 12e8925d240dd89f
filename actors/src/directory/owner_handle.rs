//! A living owner, as everybody who asks it has it.

use std::sync::Arc;
use std::time::Duration;

use ractor::{ActorRef, ActorStatus};
use seating::ids::{Epoch, ShowtimeId};
use seating::seat_layout::SeatLayout;
use tokio::sync::watch;

use crate::owner::admission::OwnerAdmission;
use crate::owner::message::OwnerMessage;
use crate::owner::usage::Usage;
use crate::view::View;

/// A living owner. Shared as a whole: each part in an `Arc` of its own would be one more counter
/// for the cores to contend for.
#[derive(Debug)]
pub(crate) struct OwnerHandle {
    pub(crate) showtime: ShowtimeId,
    pub(crate) epoch: Epoch,
    pub(crate) actor: ActorRef<OwnerMessage>,
    pub(crate) admission: Arc<OwnerAdmission>,
    pub(crate) layout: Arc<SeatLayout>,
    pub(crate) views: watch::Receiver<Arc<View>>,
    pub(crate) usage: Arc<Usage>,
}

impl OwnerHandle {
    /// Whether this owner takes no calls any more; it may still be in the directory.
    pub(crate) fn has_left(&self) -> bool {
        let status = self.actor.get_status();
        self.admission.is_closed() || matches!(status, ActorStatus::Stopping | ActorStatus::Stopped)
    }

    /// Whether it could leave: unused for so long, and without live holds.
    pub(crate) fn is_unused(&self, for_so_long: Duration) -> bool {
        self.usage.is_idle(for_so_long) && !self.usage.has_holds()
    }

    /// Sends the owner a message, which is lost if it has left.
    pub(crate) fn notify(&self, message: OwnerMessage) {
        drop(self.actor.send_message(message));
    }
}
