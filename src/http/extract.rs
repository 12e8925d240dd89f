//! What handlers ask of a request: who sent it, what its path names, its parameters, its body and its
//! idempotency key.

mod asking;
mod at_most;
mod caller;
mod cookies;
mod device;
mod fields;
mod gate;
mod own_pages;
mod path;

pub mod body;
pub mod params;

pub use asking::{Asking, Pressing};
pub use at_most::AtMost;
pub use caller::{
    MayHold, MaybeSignedIn, NEEDS_SUPER_ADMIN, SignedIn, Staff, SuperAdmin, TokenBearer,
};
pub use cookies::cookie;
pub use device::{AskedFrom, Newcomer};
pub use fields::{Fields, Given, OptionalFields};
pub use gate::{Arrival, Gate, Identity, Limits};
pub use own_pages::{COOKIE, COOKIE_ROUTE, CSRF_HEADER, OwnPages, is_shown_to_be_ours};
pub use path::{ApiKeyPath, BookingPath, HoldPath, SessionPath, ShowtimePath, UserPath};
