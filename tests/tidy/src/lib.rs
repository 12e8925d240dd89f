//! Style that an ordinary test can hold: sizes, dependencies, rooms, words, documents.
//!
//! A package of its own without dependencies, so that it answers before the program is compiled:
//! `cargo test -p tidy`.
#![cfg(test)]
#![expect(
    dead_code,
    reason = "the checks below use it as soon as the tree keeps them"
)]

mod dependencies;
mod documents;
mod shape;
mod sources;

// mod cycles; mod rooms;   listed above as soon as the tree keeps them: for now, on a branch.
