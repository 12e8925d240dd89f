//! Who asks: roles, the tokens that prove them, and the tokens that are good no longer.

mod revoked;
mod role;
mod tokens;

pub use revoked::Revoked;
pub use role::{Caller, Role};
pub use tokens::{DEMO_SECRET, SECRET_BYTES_MIN, TokenRefusal, Tokens};
