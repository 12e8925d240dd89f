//! Watches every owner; a dead one is replaced by the next, rebuilt from the journal.
//!
//! ractor's default supervisor stops with its first child, so the handler is our own.

use std::sync::Arc;

use metrics::counter;
use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SupervisionEvent};
use seating::ids::ShowtimeId;

use crate::directory::Directory;
use crate::directory::RestartVerdict;
use crate::error::CallError;
use crate::metrics::{OWNER_EVICTIONS, OWNER_PASSIVATIONS};
use crate::owner::leaving::Leaving;

#[derive(Debug)]
pub(crate) struct Supervisor;

/// The supervisor takes no messages: it watches.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SupervisorMessage {}

impl Actor for Supervisor {
    type Msg = SupervisorMessage;
    type State = Arc<Directory>;
    type Arguments = Arc<Directory>;

    async fn pre_start(
        &self,
        _myself: ActorRef<SupervisorMessage>,
        directory: Arc<Directory>,
    ) -> Result<Arc<Directory>, ActorProcessingErr> {
        Ok(directory)
    }

    async fn handle(
        &self,
        _myself: ActorRef<SupervisorMessage>,
        message: SupervisorMessage,
        _directory: &mut Arc<Directory>,
    ) -> Result<(), ActorProcessingErr> {
        match message {}
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<SupervisorMessage>,
        event: SupervisionEvent,
        directory: &mut Arc<Directory>,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorFailed(owner, error) => {
                if let Some(showtime) = directory.remove(owner.get_id()) {
                    tracing::error!(showtime.id = %showtime, error = %error, "the owner of a showtime failed and is rebuilt");
                    restart(directory, showtime, myself.get_cell());
                }
            }
            SupervisionEvent::ActorTerminated(owner, _, reason) => {
                if let Some(showtime) = directory.remove(owner.get_id()) {
                    ended_by_itself(directory, showtime, reason.as_deref(), myself.get_cell());
                }
            }
            SupervisionEvent::ActorStarted(_) | SupervisionEvent::ProcessGroupChanged(_) => {}
        }
        Ok(())
    }
}

fn ended_by_itself(
    directory: &Arc<Directory>,
    showtime: ShowtimeId,
    reason: Option<&str>,
    supervisor: ActorCell,
) {
    match reason.and_then(|reason| reason.parse().ok()) {
        // The next start finds out who has taken over: another process, and the showtime is deposed
        // here; or nobody, because the store forgot the reign, and then holds need an owner.
        Some(Leaving::Fenced) => start_next(directory, showtime, supervisor),
        Some(Leaving::Unused) => counter!(OWNER_PASSIVATIONS).increment(1),
        Some(Leaving::ForAnother) => counter!(OWNER_EVICTIONS).increment(1),
        None => {
            tracing::error!(showtime.id = %showtime, reason, "the owner of a showtime was killed and is rebuilt");
            restart(directory, showtime, supervisor);
        }
    }
}

/// Starts the next owner even if nobody asks for it: its holds have deadlines.
fn restart(directory: &Arc<Directory>, showtime: ShowtimeId, supervisor: ActorCell) {
    let RestartVerdict::GiveUpUntil(until) = directory.failed(showtime) else {
        return start_next(directory, showtime, supervisor);
    };
    tracing::error!(showtime.id = %showtime, "the owner of a showtime keeps failing and rests");
    let directory = Arc::clone(directory);
    tokio::spawn(async move {
        if directory.rest(until).await.is_ok() {
            start_next(&directory, showtime, supervisor);
        }
    });
}

fn start_next(directory: &Arc<Directory>, showtime: ShowtimeId, supervisor: ActorCell) {
    let directory = Arc::clone(directory);
    tokio::spawn(async move {
        match directory.owner(showtime, supervisor).await {
            Ok(_) => {}
            Err(CallError::Deposed) => {
                tracing::warn!(showtime.id = %showtime, "a showtime is owned by another process now");
            }
            // Why was logged where it failed.
            Err(error) => {
                tracing::warn!(showtime.id = %showtime, error = %error, "the owner of a showtime was not started again");
            }
        }
    });
}
