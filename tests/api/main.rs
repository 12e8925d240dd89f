//! Black-box tests: a whole server in this process, real HTTP, real `PostgreSQL`.
//!
//! The files mirror the routes. Every test has a database of its own.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod catalog;
mod support;

mod answers;
mod auth;
mod bad_input;
mod best_available;
mod bodies;
mod bookings;
mod bounds;
mod heads;
mod health;
mod holds;
mod holds_list;
mod house;
mod idempotency;
mod import;
mod not_modified;
mod openapi;
mod outage;
mod overload;
mod problems;
mod queries;
mod races;
mod rates;
mod read_bookings;
mod sale;
mod seats;
mod showtimes;
mod sleeping;
mod strangers;
mod wrong_houses;
mod wrong_plans;
