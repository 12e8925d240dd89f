//! What reading a request needs of whatever stands behind the front.

use crate::accounts::{Caller, Tokens};
use crate::http::problem::Problem;
use crate::http::state::Limits;

/// The state of a router whose handlers read requests with our extractors. The program's own is
/// [`crate::http::state::App`]; what is compared with it brings another.
pub trait Front: Send + Sync {
    /// Verifies tokens.
    fn tokens(&self) -> &Tokens;

    /// Bounds of requests.
    fn limits(&self) -> &Limits;

    /// Charges a request to whoever signed it; a problem when they ask too much.
    fn charge(&self, _caller: Caller) -> Result<(), Problem> {
        Ok(())
    }
}
