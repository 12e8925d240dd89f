//! Tokens: who asks, and on which side of the counter they stand.

use std::fmt;
use std::str::FromStr;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use seating::command;
use seating::ids::BuyerId;
use seating::timestamp::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The secret of demonstrations; `serve` refuses it outside `--demo`.
pub const DEMO_SECRET: &str = "demo-secret-that-everybody-knows-never-sell-with-it";

/// HS256 signs with a key as long as its hash.
pub const SECRET_BYTES_MIN: usize = 32;

const ISSUER: &str = "fullhouse";
const AUDIENCE: &str = "fullhouse-api";
/// Clocks of a few machines may differ by this much.
const LEEWAY_SECONDS: u64 = 5;

/// What a token's bearer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[clap(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Holds and buys.
    User,
    /// The box office: also creates showtimes, blocks, confirms and audits.
    Editor,
    /// Also manages accounts and endpoints.
    SuperAdmin,
}

impl Role {
    /// Whether this is the house rather than a buyer.
    pub const fn is_house(self) -> bool {
        matches!(self, Self::Editor | Self::SuperAdmin)
    }

    /// As tokens say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Editor => "EDITOR",
            Self::SuperAdmin => "SUPER_ADMIN",
        }
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "USER" => Ok(Self::User),
            "EDITOR" => Ok(Self::Editor),
            "SUPER_ADMIN" => Ok(Self::SuperAdmin),
            other => Err(format!("{other:?} is not USER, EDITOR or SUPER_ADMIN")),
        }
    }
}

/// Somebody whose token was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub subject: Uuid,
    /// What they may do.
    pub role: Role,
}

impl Caller {
    /// The caller as the rules see them.
    pub const fn party(self) -> command::Party {
        let role = if self.role.is_house() {
            command::Role::House
        } else {
            command::Role::Buyer
        };
        command::Party {
            buyer: BuyerId::new(self.subject),
            role,
        }
    }
}

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
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Another key signed it, or it was changed.
    #[error("the token is not signed by this server")]
    Forged,
    /// It is not a token of this server's making.
    #[error("the token is not valid here")]
    Invalid,
}

/// Makes and verifies tokens with one secret.
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
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
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            validation,
        }
    }

    /// A token for somebody, valid for `ttl_seconds` from `now`.
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
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
    }

    /// Whose token this is.
    pub fn verify(&self, token: &str) -> Result<Caller, TokenRefusal> {
        let decoded = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation);
        match decoded {
            Ok(token) => Ok(Caller {
                subject: token.claims.sub,
                role: token.claims.role,
            }),
            Err(error) => Err(refusal(error.kind())),
        }
    }
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
