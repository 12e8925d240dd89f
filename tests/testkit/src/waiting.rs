//! Waiting for what takes a moment, by looking again and again.
//!
//! No test rests on how long anything takes: these return soon after it is so, and give up only
//! when a slow machine would long have got there.
#![expect(clippy::panic, reason = "a panic is how a test fails")]

use std::fmt::Debug;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// Nothing that a test waits for takes this long unless it never happens.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// The pause after the first look, and the longest one: each is twice as long as the last.
const PAUSE_MIN: Duration = Duration::from_millis(1);
const PAUSE_MAX: Duration = Duration::from_millis(32);

/// Waits until `condition` holds.
///
/// # Panics
///
/// After [`PATIENCE`], saying `what` never came true.
pub async fn eventually(what: &str, condition: impl AsyncFnMut() -> bool) {
    assert!(within(PATIENCE, condition).await, "never came true: {what}");
}

/// Waits until `attempt` succeeds; what it then gave.
///
/// # Panics
///
/// After [`PATIENCE`], saying `what` never came true and why the last attempt failed.
pub async fn eventually_ok<T, E: Debug>(
    what: &str,
    mut attempt: impl AsyncFnMut() -> Result<T, E>,
) -> T {
    let deadline = Instant::now() + PATIENCE;
    let mut pause = PAUSE_MIN;
    loop {
        match attempt().await {
            Ok(value) => return value,
            Err(error) if Instant::now() > deadline => {
                panic!("never came true: {what}: {error:?}");
            }
            Err(_) => sleep(pause).await,
        }
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Whether `condition` comes to hold within `limit`.
pub async fn within(limit: Duration, mut condition: impl AsyncFnMut() -> bool) -> bool {
    let looking = async {
        let mut pause = PAUSE_MIN;
        while !condition().await {
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    };
    timeout(limit, looking).await.is_ok()
}
