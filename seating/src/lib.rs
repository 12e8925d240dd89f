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
//! # How to add a command
//!
//! 1. Say what is asked in [`command::Command`] and what happens in [`entry::Decision`].
//! 2. Add its `decide_…` next to its kin in `seat_map/`, with a [`rejection::Rejection`] for every
//!    way it can be refused, and its `apply_…` in `seat_map/apply.rs`.
//! 3. Teach the model in `tests/model.rs` the same rule in the most obvious way you can.
//! 4. Give the decision its record and golden bytes in `persistence`. The compiler lists the rest.

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
