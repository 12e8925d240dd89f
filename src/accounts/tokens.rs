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
    /// The session that it belongs to; none in tokens that the operator makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sid: Option<Uuid>,
    /// Absent where the operator vouches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
}

/// What an access token of a session says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    pub caller: Caller,
    pub session: Uuid,
    pub email_verified: bool,
}

/// What somebody has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A token of this session.
    Session(Uuid),
    /// A token that the operator made.
    Operator,
    /// The key of a program, whose id is the subject.
    ApiKey,
}

/// What a token that was verified says of its bearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearer {
    pub caller: Caller,
    pub proof: Proof,
    /// Whether they have proved their address, or the operator vouches for them.
    pub email_verified: bool,
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
    /// It is the key of no program, or was taken away.
    #[error("the API key is none of this server's, or was revoked")]
    UnknownKey,
    #[error("the API key has expired")]
    ExpiredKey,
    /// It begins like the key of a program and is none.
    #[error("the API key is not whole: it is fh_ and 64 hexadecimal digits")]
    CutKey,
    /// It is not a token of this server's making.
    #[error("the token has expired, or is none of this server's: get a new one")]
    Invalid,
}

impl Bearer {
    /// The session that the token belongs to, if it belongs to one.
    pub const fn session(&self) -> Option<Uuid> {
        match self.proof {
            Proof::Session(session) => Some(session),
            Proof::Operator | Proof::ApiKey => None,
        }
    }
}

impl TokenRefusal {
    /// As metrics name it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Forged => "forged",
            Self::Invalid => "invalid",
            Self::UnknownKey => "unknown_key",
            Self::ExpiredKey => "expired_key",
            Self::CutKey => "cut_key",
        }
    }
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
        let claims = Claims::of(caller, now, ttl_seconds);
        jsonwebtoken::encode(&self.header, &claims, &self.encoding)
    }

    /// An access token of a session, valid for `ttl_seconds` from `now`.
    ///
    /// # Errors
    ///
    /// As [`mint`](Self::mint).
    pub fn issue(
        &self,
        access: Access,
        now: Timestamp,
        ttl_seconds: u32,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = Claims {
            sid: Some(access.session),
            email_verified: Some(access.email_verified),
            ..Claims::of(access.caller, now, ttl_seconds)
        };
        jsonwebtoken::encode(&self.header, &claims, &self.encoding)
    }

    /// Whose token this is, after checking signature, issuer, audience, expiry and revocation.
    ///
    /// # Errors
    ///
    /// [`TokenRefusal`] says why: expired, revoked, signed by another key, or no token of this server.
    pub fn verify(&self, token: &str) -> Result<Bearer, TokenRefusal> {
        let decode = |key| jsonwebtoken::decode::<Claims>(token, key, &self.validation);
        // What is known of the key's id comes from the token and proves nothing, so it saves nothing.
        let mut decoded = decode(&self.decoding);
        if let (Err(error), Some(previous)) = (&decoded, &self.previous)
            && matches!(error.kind(), ErrorKind::InvalidSignature)
        {
            decoded = decode(previous);
        }
        let claims = decoded.map_err(|error| refusal(error.kind()))?.claims;
        if self.revoked.is(claims.sub, claims.iat, claims.sid) {
            return Err(TokenRefusal::Revoked);
        }
        let caller = Caller {
            subject: claims.sub,
            role: claims.role,
        };
        Ok(Bearer {
            caller,
            proof: claims.sid.map_or(Proof::Operator, Proof::Session),
            email_verified: claims.email_verified.unwrap_or(true),
        })
    }
}

impl Claims {
    fn of(caller: Caller, now: Timestamp, ttl_seconds: u32) -> Self {
        let issued = now.unix_micros() / 1_000_000;
        Self {
            sub: caller.subject,
            role: caller.role,
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            iat: issued,
            exp: issued.saturating_add(i64::from(ttl_seconds)),
            sid: None,
            email_verified: None,
        }
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

    fn by_operator(caller: Caller) -> Bearer {
        Bearer {
            caller,
            proof: Proof::Operator,
            email_verified: true,
        }
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
        assert_eq!(tokens.verify(&token), Ok(by_operator(editor())));
    }

    #[test]
    fn an_access_token_says_which_session_it_is_of() {
        let tokens = tokens(DEMO_SECRET);
        let access = Access {
            caller: editor(),
            session: Uuid::from_u128(8),
            email_verified: false,
        };
        let now = Timestamp::from_unix_seconds(NOW);
        let bearer = tokens
            .verify(&tokens.issue(access, now, 60).unwrap())
            .unwrap();
        assert_eq!(bearer.caller, editor());
        assert_eq!(
            (bearer.session(), bearer.email_verified),
            (Some(Uuid::from_u128(8)), false)
        );
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
        assert_eq!(both.verify(&token), Ok(by_operator(editor())));
        assert_eq!(
            both.verify(&both.mint(editor(), now, 60).unwrap()),
            Ok(by_operator(editor()))
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
