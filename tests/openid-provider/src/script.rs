//! What the provider is told to do.

use std::time::Duration;

use serde_json::{Value, json};

use crate::keys::Keys;

/// Who its one client is.
pub const CLIENT_ID: &str = "fullhouse-at-tests";

/// How that proves it; with characters that have to be escaped.
pub const CLIENT_SECRET: &str = "tell:nobody+this %secret";

/// What the provider does, until it is told otherwise.
#[derive(Debug)]
pub struct Script {
    /// Who agrees on its page.
    pub person: Person,
    /// Whether they say no instead.
    pub declines: bool,
    /// `RS256` or `ES256`.
    pub algorithm: &'static str,
    /// What is wrong with its tokens.
    pub fault: Fault,
    /// Whether it forgets that a code was used.
    pub careless: bool,
    /// Members that its discovery document has beside, or instead of, its own.
    pub says: Value,
    pub discovery: Mood,
    pub keys: Mood,
    pub token: Mood,
    /// By how much its clock is behind.
    pub behind_seconds: i64,
    /// How often it was asked.
    pub asked: Asked,
    /// The token that it gave last.
    pub last: Option<String>,
    pub(crate) signing: Keys,
}

/// Somebody who has an account with the provider.
#[derive(Clone, Debug)]
pub struct Person {
    pub subject: String,
    pub email: Value,
    pub email_verified: Value,
    pub name: Value,
}

/// How often each endpoint was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub discovery: u32,
    pub keys: u32,
    pub token: u32,
}

/// What is wrong with a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// It is of another issuer.
    Issuer,
    /// It is for another client.
    Audience,
    /// It is for us and another client, and does not say who has asked.
    Audiences,
    /// It is of another flow.
    Nonce,
    /// It has no nonce.
    NoNonce,
    /// Its time was over two minutes ago.
    Expired,
    /// It was made in two minutes.
    TooEarly,
    /// A key signed it that is none of the provider's, under the name of one that is.
    OtherKey,
    /// It names a key that the provider does not have.
    UnknownKey,
    /// Nobody signed it.
    Unsigned,
    /// It is signed with HMAC, and the provider's public key as the secret.
    PublicKeyAsSecret,
    /// It says whom it is about after it was signed.
    Changed,
    /// It is one that was given before.
    Earlier(String),
    /// It is no token at all.
    NoToken,
}

/// How an endpoint answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Good,
    /// Later than anybody waits.
    Slow(Duration),
    /// With this status.
    Status(u16),
    /// With this error of OAuth, and 400.
    Error(&'static str),
    /// With what is no JSON.
    Garbage,
    /// With a megabyte.
    TooMuch,
    /// With a way to somewhere else, where everything is well.
    Elsewhere,
}

impl Script {
    pub(crate) fn new() -> Self {
        Self {
            person: Person::ann(),
            declines: false,
            algorithm: "RS256",
            fault: Fault::None,
            careless: false,
            says: json!({}),
            discovery: Mood::Good,
            keys: Mood::Good,
            token: Mood::Good,
            behind_seconds: 0,
            asked: Asked::default(),
            last: None,
            signing: Keys::new(1),
        }
    }

    /// Throws the keys away and makes others, of other names.
    pub fn rotate(&mut self) {
        self.signing = self.signing.next();
    }
}

impl Person {
    /// Ann, whose address the provider vouches for.
    pub fn ann() -> Self {
        Self::of("ann", "ann@example.com")
    }

    /// Somebody with an address for which the provider vouches.
    pub fn of(subject: &str, email: &str) -> Self {
        Self {
            subject: subject.to_owned(),
            email: email.into(),
            email_verified: true.into(),
            name: "Ann Lee".into(),
        }
    }
}
