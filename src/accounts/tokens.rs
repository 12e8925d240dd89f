//! Tokens: who asks, proved by a signature.

use std::fmt;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use seating::timestamp::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::revoked::Revoked;
use super::role::{Caller, Role};

/// The secret of demonstrations; `serve` refuses it outside `--demo`.
pub const DEMO_SECRET: &str = "demo-secret-that-everybody-knows-never-sell-with-it";

/// HS256 signs with a key as long as its hash.
pub const SECRET_BYTES_MIN: usize = 32;

const ISSUER: &str = "fullhouse";
const AUDIENCE: &str = "fullhouse-api";
/// Clocks of a few machines may differ by this much.
const LEEWAY_SECONDS: u64 = 5;

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    sub: Uuid,
    role: Role,
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
}

/// Why a token is refused, in words for its bearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    #[error("the token has expired")]
    Expired,
    /// It is older than its holder's revocation.
    #[error("the token was revoked")]
    Revoked,
    /// Another key signed it, or it was changed.
    #[error("the token is not signed by this server")]
    Forged,
    /// It is not a token of this server's making.
    #[error("the token has expired, or is none of this server's: get a new one")]
    Invalid,
}

/// Makes tokens with one secret, and verifies them with that or the one before.
pub struct Tokens {
    header: Header,
    encoding: EncodingKey,
    decoding: DecodingKey,
    previous: Option<DecodingKey>,
    validation: Validation,
    revoked: Revoked,
}

impl Tokens {
    /// Uses a secret, whose length the configuration has checked.
    pub fn new(secret: &SecretString) -> Self {
        let secret = secret.expose_secret().as_bytes();
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = LEEWAY_SECONDS;
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(key_id(secret));
        Self {
            header,
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            previous: None,
            validation,
            revoked: Revoked::nobody(),
        }
    }

    /// Accepts tokens of an earlier secret as well, so that a secret can be replaced without
    /// turning anybody away.
    #[must_use]
    pub fn also_accepting(self, previous: &SecretString) -> Self {
        let previous = DecodingKey::from_secret(previous.expose_secret().as_bytes());
        Self {
            previous: Some(previous),
            ..self
        }
    }

    /// Refuses tokens that were revoked.
    #[must_use]
    pub fn refusing(self, revoked: Revoked) -> Self {
        Self { revoked, ..self }
    }

    /// A token for somebody, valid for `ttl_seconds` from `now`.
    ///
    /// # Errors
    ///
    /// When the claims cannot be signed, which the key of a good configuration does not cause.
    pub fn mint(
        &self,
        caller: Caller,
        now: Timestamp,
        ttl_seconds: u32,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let issued = now.unix_micros() / 1_000_000;
        let claims = Claims {
            sub: caller.subject,
            role: caller.role,
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            iat: issued,
            exp: issued.saturating_add(i64::from(ttl_seconds)),
        };
        jsonwebtoken::encode(&self.header, &claims, &self.encoding)
    }

    /// Whose token this is, after checking signature, issuer, audience, expiry and revocation.
    ///
    /// # Errors
    ///
    /// [`TokenRefusal`] says why: expired, revoked, signed by another key, or no token of this server.
    pub fn verify(&self, token: &str) -> Result<Caller, TokenRefusal> {
        let decode = |key| jsonwebtoken::decode::<Claims>(token, key, &self.validation);
        // What is known of the key's id comes from the token and proves nothing, so it saves nothing.
        let mut decoded = decode(&self.decoding);
        if let (Err(error), Some(previous)) = (&decoded, &self.previous)
            && matches!(error.kind(), ErrorKind::InvalidSignature)
        {
            decoded = decode(previous);
        }
        let claims = decoded.map_err(|error| refusal(error.kind()))?.claims;
        if self.revoked.is(claims.sub, claims.iat) {
            return Err(TokenRefusal::Revoked);
        }
        Ok(Caller {
            subject: claims.sub,
            role: claims.role,
        })
    }
}

/// An id by which keys are told apart, and from which they cannot be guessed.
fn key_id(secret: &[u8]) -> String {
    let digest = Sha256::digest(secret);
    let first = digest.first_chunk().copied().unwrap_or_default();
    format!("{:08x}", u32::from_be_bytes(first))
}

fn refusal(kind: &ErrorKind) -> TokenRefusal {
    if matches!(kind, ErrorKind::ExpiredSignature) {
        TokenRefusal::Expired
    } else if matches!(kind, ErrorKind::InvalidSignature) {
        TokenRefusal::Forged
    } else {
        TokenRefusal::Invalid
    }
}

/// Keys stay out of logs.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 4_000_000_000;

    fn tokens(secret: &str) -> Tokens {
        Tokens::new(&SecretString::from(secret))
    }

    fn editor() -> Caller {
        Caller {
            subject: Uuid::from_u128(7),
            role: Role::Editor,
        }
    }

    #[test]
    fn minted_token_is_verified() {
        let tokens = tokens(DEMO_SECRET);
        let token = tokens
            .mint(editor(), Timestamp::from_unix_seconds(NOW), 60)
            .unwrap();
        assert_eq!(tokens.verify(&token), Ok(editor()));
    }

    #[test]
    fn expired_and_forged_tokens_are_told_apart() {
        let tokens_here = tokens(DEMO_SECRET);
        let long_ago = Timestamp::from_unix_seconds(1_000);
        let expired = tokens_here.mint(editor(), long_ago, 60).unwrap();
        assert_eq!(tokens_here.verify(&expired), Err(TokenRefusal::Expired));
        let elsewhere = tokens("another secret of at least 32 bytes");
        let forged = elsewhere
            .mint(editor(), Timestamp::from_unix_seconds(NOW), 60)
            .unwrap();
        assert_eq!(tokens_here.verify(&forged), Err(TokenRefusal::Forged));
        assert_eq!(
            tokens_here.verify("no.token.at-all"),
            Err(TokenRefusal::Invalid)
        );
    }

    #[test]
    fn tokens_of_the_previous_secret_are_accepted_and_of_no_other() {
        let (old, new) = (
            "the secret before, of 32 bytes or more",
            "the secret of now, 32 bytes too",
        );
        let now = Timestamp::from_unix_seconds(NOW);
        let token = tokens(old).mint(editor(), now, 60).unwrap();
        assert_eq!(tokens(new).verify(&token), Err(TokenRefusal::Forged));
        let both = tokens(new).also_accepting(&SecretString::from(old));
        assert_eq!(both.verify(&token), Ok(editor()));
        assert_eq!(
            both.verify(&both.mint(editor(), now, 60).unwrap()),
            Ok(editor())
        );
        let forged = tokens(DEMO_SECRET).mint(editor(), now, 60).unwrap();
        assert_eq!(both.verify(&forged), Err(TokenRefusal::Forged));
    }

    #[test]
    fn a_token_names_its_key_and_does_not_tell_it() {
        let now = Timestamp::from_unix_seconds(NOW);
        let header = |secret: &str| {
            let token = tokens(secret).mint(editor(), now, 60).unwrap();
            jsonwebtoken::decode_header(&token).unwrap().kid.unwrap()
        };
        let other = "another secret of at least 32 bytes";
        assert_eq!(header(DEMO_SECRET), header(DEMO_SECRET));
        assert_ne!(header(DEMO_SECRET), header(other));
        assert_eq!(header(other).len(), 8);
    }

    #[test]
    fn unsigned_token_is_refused() {
        // {"alg":"none"} with otherwise valid claims.
        let header = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
        let signed = tokens(DEMO_SECRET)
            .mint(editor(), Timestamp::from_unix_seconds(NOW), 60)
            .unwrap();
        let claims = signed.split('.').nth(1).unwrap();
        let unsigned = format!("{header}.{claims}.");
        assert_eq!(
            tokens(DEMO_SECRET).verify(&unsigned),
            Err(TokenRefusal::Invalid)
        );
    }
}
