//! **A provider of identities for tests**: OpenID Connect over real HTTP, on the loopback interface.
//!
//! It is as strict as a real one: a code is good once, for the client that asked, at the address that it
//! named, with the verifier whose digest it was given. It signs with real keys of its own, which it
//! throws away and makes again when told to ([`Script::rotate`]). What a provider must never do it does on
//! request ([`Fault`], [`Mood`]), and it counts how often it is asked.
//!
//! It shares no code with what it proves: tokens are put together and signed here by hand.
//!
//! # How to add to it
//!
//! Something wrong with a token is a [`Fault`] and its arm in `token.rs`; something wrong with an endpoint a
//! [`Mood`] and its arm in `server.rs`.
#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

mod keys;
mod script;
mod server;
mod token;

pub use script::{Asked, CLIENT_ID, CLIENT_SECRET, Fault, Mood, Person, Script};
pub use server::Provider;
