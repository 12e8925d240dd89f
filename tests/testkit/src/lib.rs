//! **The tests' tools**: small layouts, a seat map to rehearse on, commands in few words, waiting.
//!
//! Light enough for the tests of every crate: it knows the rules and a timer, and nothing of
//! journals, owners, databases or HTTP. What it finds broken is a panic, because that is how a test
//! fails. No product code may depend on it.
//!
//! # How to add to it
//!
//! When the tests of two crates say the same, it goes into the file that it belongs to; what only
//! one crate's tests need stays in their `support.rs`.

pub mod commands;
pub mod layouts;
pub mod rehearsal;
pub mod waiting;
