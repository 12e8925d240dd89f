//! Room for one more owner: as many may live as memory is there for.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::{Directory, Place};
use crate::error::CallError;
use crate::live::Live;
use crate::showtime::message::ShowtimeMessage;

/// Owners asked to leave when one place is needed: the next ones will be needed soon.
const ASKED_AT_ONCE: usize = 8;
/// How long one may take to leave: it may have a commit to wait for.
const ROOM_WITHIN: Duration = Duration::from_secs(2);
/// When a hold may be over, and its owner able to leave.
const RETRY_AFTER: Duration = Duration::from_secs(5);

impl Directory {
    /// A place for one more owner. If there is none, those leave for it that were used the longest
    /// ago and have no holds to look after.
    pub(super) async fn place(&self) -> Result<Place, CallError> {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(place);
        }
        let full = CallError::TooManyShowtimes {
            retry_after: RETRY_AFTER,
        };
        if !self.ask_to_leave() {
            return Err(full);
        }
        let place = Arc::clone(&self.places).acquire_owned();
        match timeout(ROOM_WITHIN, place).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(full),
        }
    }

    /// Whether there was anybody to ask.
    fn ask_to_leave(&self) -> bool {
        let mut unused = self.all();
        unused.retain(|live: &Arc<Live>| !live.usage.has_holds());
        // Of those used at the same time, the first in the order of their showtimes.
        unused.sort_by_key(|live| live.usage.last());
        for live in unused.iter().take(ASKED_AT_ONCE) {
            live.tell(ShowtimeMessage::MakeRoom);
        }
        !unused.is_empty()
    }
}
