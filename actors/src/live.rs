//! A living owner, as everybody who asks it has it.

use std::sync::Arc;
use std::time::Duration;

use ractor::{ActorRef, ActorStatus};
use seating::ids::{Epoch, ShowtimeId};
use seating::seat_layout::SeatLayout;
use tokio::sync::watch;

use crate::admission::Admission;
use crate::showtime::message::ShowtimeMessage;
use crate::usage::Usage;
use crate::view::View;

/// A living owner. Shared whole: every call borrows it, and each part shared by itself would be
/// one more counter for the cores to pass around.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) showtime: ShowtimeId,
    pub(crate) epoch: Epoch,
    pub(crate) owner: ActorRef<ShowtimeMessage>,
    pub(crate) admission: Arc<Admission>,
    pub(crate) layout: Arc<SeatLayout>,
    pub(crate) views: watch::Receiver<Arc<View>>,
    pub(crate) usage: Arc<Usage>,
}

impl Live {
    /// Whether this owner takes nothing more, though it may still be in the directory.
    pub(crate) fn has_left(&self) -> bool {
        let status = self.owner.get_status();
        self.admission.is_closed() || matches!(status, ActorStatus::Stopping | ActorStatus::Stopped)
    }

    /// Whether it could leave: nobody has asked anything for so long, and nobody has a hold.
    pub(crate) fn is_unused(&self, for_so_long: Duration) -> bool {
        self.usage.is_idle(for_so_long) && !self.usage.has_holds()
    }

    /// Tells its owner something; one that has left needs no telling.
    pub(crate) fn tell(&self, message: ShowtimeMessage) {
        drop(self.owner.send_message(message));
    }
}
