//! **The counter**: HTTP, tokens, configuration, telemetry and the wiring of everything.
//!
//! ```text
//!   request ─► edge ─► handler ─► BoxOffice ─► owner        a handler parses, calls and converts
//!                          └────► repository ─► PostgreSQL
//! ```
//!
//! This crate must never decide anything about seats: whatever a handler refuses by itself is a
//! request that cannot be read. It is the only crate that names axum. To add a route: put the
//! body's type, the handler and the conversion in the resource's file under `http`, add the
//! handler to that file's `routes`, and run `fullhouse openapi > openapi.json`.

pub mod cli;
pub mod config;
pub mod server;
pub mod telemetry;

pub mod http;
pub mod json;
pub mod wire;

pub mod accounts;
pub mod bookings;
pub mod fresh_ids;
pub mod idempotency;
pub mod showtimes;
