//! Opens the demonstration's houses, once.

use actors::clock::Clock;
use persistence::showtimes::Showtimes;

use crate::demo;
use crate::faults::Faults;
use crate::new_showtime::{self, Draft, DraftError, usual_settings};

/// The shows begin a month from the first start, so that they are on sale for a while.
const STARTS_IN_SECONDS: u32 = 30 * 24 * 60 * 60;

/// Creates the houses that are not there yet and leaves the others as they are.
pub(super) async fn open(showtimes: &Showtimes, clock: &dyn Clock) -> Result<(), DraftError> {
    for house in demo::houses() {
        if showtimes.get(house.id).await?.is_some() {
            continue;
        }
        let now = clock.now();
        let starts_at = now.plus_seconds(STARTS_IN_SECONDS);
        let draft = Draft {
            id: house.id,
            event: None,
            title: house.title,
            starts_at,
            created_by: None,
            spec: &house.spec,
            settings: &usual_settings(starts_at),
            request: None,
        };
        if let Err(error) = new_showtime::create(showtimes, &draft, Faults::default(), now).await {
            // Another program may have opened it since we looked.
            if showtimes.get(house.id).await?.is_none() {
                return Err(error);
            }
        }
    }
    Ok(())
}
