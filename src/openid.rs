//! Signing in by a provider of identities that speaks OpenID Connect: Google, or any other.
//!
//! ```text
//!   start ──► the provider's page, with state, nonce and the digest of a verifier
//!                  │ the person agrees
//!   code  ──► token endpoint, with the verifier and our secret ──► ID token
//!   ID token ──► signed by a key of the provider's? for us? for this flow? now? ──► identity
//! ```
//!
//! What the provider says of itself (where its pages and keys are) is read at first need and kept, so
//! a provider that is away keeps no server from starting. Nothing here knows accounts or HTTP of ours.

mod address;
mod discovery;
mod kept;
mod keys;
mod provider;
mod rules;
mod token;
mod web;

pub use address::{WrongAddress, address};
pub use provider::{Exchange, Failure, Overrides, Provider, ProviderSettings};
pub use rules::TokenFault;

/// Who somebody is, as a provider vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub issuer: String,
    /// What the provider calls them, always the same.
    pub subject: String,
    /// Their address, if the provider says that it is theirs.
    pub verified_email: Option<String>,
    /// What they are called, as the provider writes it.
    pub name: Option<String>,
}
