//! **The memory**: what survives when the program does not.
//!
//! The only crate that asks the database for anything. It keeps the promise behind every durable
//! answer: what [`journal::PgJournal`] calls durable is committed in `PostgreSQL`, together with
//! every row that follows from it, and nothing that contradicts it ever becomes durable.
//!
//! ```text
//!   showtimes, layouts          what is sold, and in which layout
//!   showtime_owner              which reign may append: the fence
//!   journal                     what happened: the truth, append-only and gap-free
//!   snapshot                    caches of seat maps
//!   bookings, tickets,          read models, written in the transaction of their entries;
//!   showtime_availability         their constraints refuse a double sale on their own
//!   accounts, sessions,         who buys and sells, and where they are signed in
//!     account_links
//!   keyed_writes                what was done under an idempotency key, for a day
//!   api_keys                    what programs ask with
//!   audit_log,                  who did what; and what of it is about people
//!     audit_log_people
//!   outbox                      jobs that follow from entries and from changes of accounts
//!   token_revocations,          whose older tokens are refused, and which sessions have ended
//!     ended_sessions
//! ```
//!
//! What this crate must never do: decide anything about seats; announce an entry as
//! durable before its commit is answered or read back; insert again what may have been committed;
//! skip an entry of a reign and go on with the next; trust bytes that it reads.
//!
//! # How to add a read model
//!
//! 1. A migration that opens with why, with named constraints for what must never be.
//! 2. A file in `read_models/` with one statement per kind of change over `UNNEST` arrays, and its
//!    place in the order that `read_models.rs` explains.
//! 3. A test in `tests/store/read_models.rs` for every kind of decision that touches it.
//!
//! # How to add a decision
//!
//! Its record at the end of the list in `codec/decision.rs`, its line in the table of
//! [`entry_kind`], one with its bytes in `tests/codec/decisions.rs`; the whole
//! way is in `docs/ADDING.md`.

pub mod accounts;
pub mod audit;
pub mod audit_log;
pub mod bookings;
pub mod codec;
pub mod entry_kind;
pub mod error;
pub mod jobs;
pub mod journal;
pub mod metrics;
pub mod migrate;
pub mod outbox;
mod pg_types;
pub mod pool;
mod read_models;
pub mod revocations;
pub mod showtimes;
mod snapshot;
mod unreadable;
