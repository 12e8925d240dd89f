//! **The rules**: which seats of a showtime may be held, by whom and until when.
//!
//! This crate is pure and deterministic. It has no async runtime, no IO, no clock and no
//! randomness, and its manifest names nothing that has: time, ids and secrets come in with each
//! command. The same entries always make the same [`seat_map::SeatMap`], today and after a crash.
//!
//! ```text
//!             hold ┌──────┐ begin payment ┌────────┐
//!   available ────►│ held │──────────────►│ pinned │
//!       ▲          └──┬───┘               └───┬────┘
//!       │ release,    │ confirm               │ confirm
//!       │ expire      ▼                       ▼
//!       └──────── ┌───────────────────────────────┐   cancel: back to available
//!                 │            booked             │──────────────────────────────►
//!                 └───────────────────────────────┘
//! ```
//!
//! A command becomes a decision in two steps: `decide` looks, `apply` changes. Recovery calls only
//! `apply`. What the rules refuse is a [`rejection::Rejection`], an answer and not an error; what
//! contradicts history is [`seat_map::Broken`], and the seat map is thrown away.
//!
//! How to add a command: `docs/ADDING.md`, by one change from end to end.

pub mod clock;
pub mod command;
pub mod counts;
pub mod entry;
pub mod geometry;
pub mod ids;
pub mod limits;
pub mod places;
pub mod rejection;
pub mod sale_terms;
pub mod seat_layout;
pub mod seat_map;
pub mod snapshot;
pub mod text;
pub mod timestamp;

mod best_available;
