//! **The counter**: HTTP, tokens, configuration, telemetry and the wiring of everything.
//!
//! ```text
//!   request ─► edge ─► handler ─► BoxOffice ─► owner        a handler parses, calls and converts
//!                          └────► repository ─► PostgreSQL
//! ```
//!
//! This crate must never decide anything about seats: whatever a handler refuses by itself is a
//! request that cannot be read. What else is decided here stands in a feature's `rules`, without
//! HTTP or a database. It is the only crate that names axum.
//!
//! Where things are, and where a new file goes:
//!
//! - **Features**: [`accounts`], [`bookings`], [`showtimes`], each a folder with its rules, named by
//!   others through its root file only. They never name HTTP.
//! - [`wire`]: words and shapes that answers, requests, commands and the journal's readers share.
//!   [`json`] reads what programs send.
//! - [`http`]: the table of routes; a folder for each resource with a file for each route. What
//!   all requests pass is beside them: `edge` and `door` around the routes, `extract` for what
//!   handlers read, `write` for what all writes do, `problem` for what all failures say, `caching`
//!   and `seat_map_cache` for what many read.
//! - [`jobs`]: what is done later, at least once. [`mail`]: a letter, and what carries it. [`openid`]: whom a
//!   provider of identities vouches for. [`phone`]: codes on their way to phones.
//! - [`server`]: everything put together: database, ports, the listener and its connections, the end.
//! - [`cli`] and [`config`]: a file for each command, and for each group of settings.
//! - [`idempotency`] and [`fresh_ids`]: what makes a request one that was sent before, and what makes
//!   ids.
//!
//! How to add a route, a command or a setting is in `docs/ADDING.md`.

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
pub mod jobs;
pub mod mail;
pub mod openid;
pub mod phone;
pub mod showtimes;
