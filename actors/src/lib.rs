//! **The owners**: one supervised actor per showtime, the only holder of its seat map.
//!
//! ```text
//!                    Supervisor ──── observes, restarts by rehydration
//!                   ╱     │    ╲
//!            Owner A   Owner B   Owner C          one mailbox, one seat map each
//!               ▲         ▲         ▲
//!   BoxOffice ──┴─ Directory ───────┘             starts an owner on first use, exactly one
//!       ▲
//!   the counter: hold, confirm, release … each call with a deadline
//! ```
//!
//! This crate must never wait for the database while it handles a message, never decide what the
//! rules decide, and never let a reply go out before the entry it rests on is durable (unless the
//! operator chose `hold_ack = memory`). It is the only crate that names ractor.

pub mod box_office;
pub mod clock;
pub mod error;
pub mod metrics;
pub mod options;
pub mod view;

mod command_kind;
mod directory;
mod heavy;
mod onlookers;
mod owner;
mod register;
mod rehydration;
mod rounds;
mod supervisor;
mod waking;
