//! Idempotency keys: a request that is sent again gets the first answer.
//!
//! Only digests are kept: of showtimes those that are made here, of accounts those of
//! `accounts/desk/keyed.rs`. The key's digest covers who asks, so nobody can read another's answer by
//! guessing a key; the fingerprint covers what is asked, so a key cannot mean two things.

use std::borrow::Cow;

use seating::entry::RequestStamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Characters a key may have.
pub const KEY_CHARS_MAX: usize = 255;

/// A caller's key, without its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(Box<str>);

/// Why a key is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    #[error("must not be empty")]
    Empty,
    /// There is too much of it.
    #[error("has more than {KEY_CHARS_MAX} characters")]
    TooLong,
    /// Its first quote has no partner, or something follows that.
    #[error("begins with a quote and must end with one: write \"key\", or key without quotes")]
    Unclosed,
    /// A backslash between quotes stands before something else.
    #[error("has a backslash that stands neither before a quote nor before a backslash")]
    Escape,
    #[error("must be UTF-8 text without control characters")]
    NotText,
}

impl IdempotencyKey {
    /// From a header's value: bare, or quoted as structured headers quote (RFC 9651, 3.3.3), which
    /// is the same key.
    ///
    /// # Errors
    ///
    /// [`KeyRefusal`] says what is wrong with it; the sender has to choose another key.
    pub fn parse(value: &[u8]) -> Result<Self, KeyRefusal> {
        let Ok(text) = std::str::from_utf8(value) else {
            return Err(KeyRefusal::NotText);
        };
        let text = text.trim();
        let key = match text.strip_prefix('"') {
            Some(quoted) => Cow::Owned(unquoted(quoted)?),
            None => Cow::Borrowed(text),
        };
        if key.is_empty() {
            return Err(KeyRefusal::Empty);
        }
        if key.chars().count() > KEY_CHARS_MAX {
            return Err(KeyRefusal::TooLong);
        }
        if key.chars().any(char::is_control) {
            return Err(KeyRefusal::NotText);
        }
        Ok(Self(key.into_owned().into()))
    }

    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The stamp of a request under this key. The body is written again, so that spaces and the
    /// order of members make no difference.
    ///
    /// # Errors
    ///
    /// When the body cannot be written: without it, a key would stand for any body.
    pub fn stamp(
        &self,
        subject: Uuid,
        asked: &Asked<'_, impl Serialize>,
    ) -> Result<RequestStamp, serde_json::Error> {
        let key = Sha256::new()
            .chain_update(subject.as_bytes())
            .chain_update([0])
            .chain_update(self.0.as_bytes())
            .finalize();
        let body = serde_json::to_vec(asked.body)?;
        let fingerprint = Sha256::new()
            .chain_update(asked.method)
            .chain_update([0])
            .chain_update(asked.path)
            .chain_update([0])
            .chain_update(body)
            .finalize();
        Ok(RequestStamp {
            key: first_half(&key),
            fingerprint: first_half(&fingerprint),
        })
    }
}

/// What a request asks for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a, B> {
    pub method: &'a str,
    /// The path, which names the showtime and the hold.
    pub path: &'a str,
    pub body: &'a B,
}

/// What stands between quotes, of which the first is gone already.
fn unquoted(quoted: &str) -> Result<String, KeyRefusal> {
    let mut key = String::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    loop {
        match chars.next() {
            Some('"') if chars.as_str().is_empty() => return Ok(key),
            Some('"') | None => return Err(KeyRefusal::Unclosed),
            Some('\\') => match chars.next() {
                Some(escaped @ ('"' | '\\')) => key.push(escaped),
                Some(_) => return Err(KeyRefusal::Escape),
                None => return Err(KeyRefusal::Unclosed),
            },
            Some(plain) => key.push(plain),
        }
    }
}

fn first_half(digest: &[u8]) -> u128 {
    digest
        .iter()
        .take(16)
        .fold(0, |bits, &byte| bits << 8 | u128::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(key: &str, subject: u128, body: &[u32]) -> RequestStamp {
        let key = IdempotencyKey::parse(key.as_bytes()).unwrap();
        let asked = Asked {
            method: "POST",
            path: "/a",
            body: &body,
        };
        key.stamp(Uuid::from_u128(subject), &asked).unwrap()
    }

    #[test]
    fn quoted_and_bare_keys_are_one_key() {
        assert_eq!(stamp("\"k-1\"", 1, &[1]), stamp("k-1", 1, &[1]));
    }

    #[test]
    fn escapes_between_quotes_are_undone() {
        let key = |value: &str| IdempotencyKey::parse(value.as_bytes());
        assert_eq!(key(r#""a\"b\\c""#), key(r#"a"b\c"#));
        assert_eq!(key(r"a\b").unwrap().0.as_ref(), r"a\b");
        for open in [
            r#"""#,
            r#""a"#,
            r#""a\""#,
            r#""a"b"#,
            r#""a" "b""#,
            r#""a";p"#,
        ] {
            assert_eq!(key(open), Err(KeyRefusal::Unclosed), "{open}");
        }
        for escape in [r#""\a""#, r#""a\n""#] {
            assert_eq!(key(escape), Err(KeyRefusal::Escape), "{escape}");
        }
    }

    #[test]
    fn stamps_differ_by_subject_and_by_body() {
        let first = stamp("k", 1, &[1]);
        assert_ne!(first.key, stamp("k", 2, &[1]).key);
        assert_eq!(first.key, stamp("k", 1, &[2]).key);
        assert_ne!(first.fingerprint, stamp("k", 1, &[2]).fingerprint);
    }

    #[test]
    fn bad_keys_are_refused() {
        let refusal = |value: &[u8]| IdempotencyKey::parse(value).unwrap_err();
        assert_eq!(refusal(b""), KeyRefusal::Empty);
        assert_eq!(refusal(b"\"\""), KeyRefusal::Empty);
        assert_eq!(refusal("x".repeat(256).as_bytes()), KeyRefusal::TooLong);
        assert_eq!(refusal(b"\xff"), KeyRefusal::NotText);
        assert!(IdempotencyKey::parse("é".repeat(255).as_bytes()).is_ok());
    }
}
