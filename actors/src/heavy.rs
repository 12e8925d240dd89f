//! Work that grows with a layout or its history, kept off the runtime's workers.

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::JoinError;

/// Runs it on a blocking thread: a worker could answer hundreds of holds meanwhile. A runtime of
/// one thread does it itself: nothing else would run, and a simulation has to take the same course
/// each time.
pub(crate) async fn heavy<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await
}
