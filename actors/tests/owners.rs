//! The owners against the in-memory journal: what is promised, when, and what survives.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod owners {
    mod admission;
    mod expiry;
    mod failures;
    mod forgotten;
    mod lookers;
    mod passivation;
    mod promises;
    mod reigns;
    mod room;
    mod rounds;
    mod support;
    mod views;
}
