//! **The others**: the designs that Fullhouse is compared with, behind the same front.
//!
//! ```text
//!   request ─► edge ─► handler ─► design ─► PostgreSQL     a row lock, a condition, an isolation
//!                                    └────► Redis          level or a lock decides the race
//! ```
//!
//! Everything in front of the design is the product's own code: listener, edge, tokens, bodies,
//! answers. What differs is a file of `sql/` per design, its statements in `application` where the
//! server sends them one by one, and Redis in one of them. This crate must never make a design worse
//! than its best practitioners would.

pub mod design;

pub mod check;
pub mod counters;
pub mod front;
pub mod house;
pub mod locks;
pub mod outcome;
pub mod picks;
pub mod seller;
pub mod server;
pub mod store;
pub mod transactions;

mod application;
mod database;
mod rows;
