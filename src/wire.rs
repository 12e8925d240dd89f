//! Words and shapes that HTTP, commands and the journal's readers share, each in one place.

pub mod composed;
pub mod counts;
pub mod faults;
pub mod journal_entry;
pub mod logged;
pub mod names;
pub mod places;

mod envelope;
mod money;
mod point;
mod time;

pub use envelope::{CursorMeta, CursorPage, Envelope, Page, PageMeta};
pub use faults::{Fault, Faults};
pub use money::{MoneyBody, MoneyView};
pub use point::PointBody;
pub use time::{rfc3339, timestamp};
