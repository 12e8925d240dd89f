//! Style that an ordinary test can hold: sizes, dependencies, rooms, words, documents.
//!
//! A package of its own without dependencies, so that it answers before the program is compiled:
//! `cargo test -p tidy`.
#![cfg(test)]
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod cycles;
mod dependencies;
mod documented;
mod documents;
mod rooms;
mod shape;
mod sources;
mod words;
