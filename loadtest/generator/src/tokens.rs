//! Tokens for buyers and staff, signed as the server would.

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use uuid::Uuid;

/// The secret that servers under load or fault are started with, unless the environment has one.
const SECRET: &str = "a secret for load tests alone, long enough for HS256";

static KEY: LazyLock<EncodingKey> = LazyLock::new(|| EncodingKey::from_secret(secret().as_bytes()));

/// What the server signs with: `FULLHOUSE_JWT_SECRET`, or a secret for load tests alone.
pub fn secret() -> String {
    std::env::var("FULLHOUSE_JWT_SECRET").unwrap_or_else(|_| SECRET.to_owned())
}

/// On which side of the counter the bearer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    User,
    Editor,
    SuperAdmin,
}

#[derive(Serialize)]
struct Claims {
    sub: Uuid,
    role: Role,
    iss: &'static str,
    aud: &'static str,
    iat: u64,
    exp: u64,
}

/// A day, which outlasts every run.
const TTL_SECONDS: u64 = 86_400;

/// A token of that [`secret`] for somebody.
pub fn mint(subject: Uuid, role: Role) -> Result<String, jsonwebtoken::errors::Error> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the server checks tokens against the real time of day"
    )]
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let iat = now.map_or(0, |since| since.as_secs());
    let claims = Claims {
        sub: subject,
        role,
        iss: "fullhouse",
        aud: "fullhouse-api",
        iat,
        exp: iat + TTL_SECONDS,
    };
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &KEY)
}
