//! What an ID token must say to be believed (OpenID Connect Core 1.0, 3.1.3.7).

use seating::timestamp::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::Identity;

/// Clocks of two operators may differ by this much.
const LEEWAY_SECONDS: f64 = 60.0;

/// Characters of a subject, as the specification bounds them.
const SUBJECT_CHARS_MAX: usize = 255;

/// Why an ID token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    #[error("the ID token cannot be read")]
    Malformed,
    #[error("the ID token is signed in a way that is not taken here: RS256 and ES256 are")]
    Algorithm,
    #[error("the ID token is signed by a key that the provider does not have")]
    UnknownKey,
    #[error("the signature of the ID token is wrong")]
    Signature,
    #[error("the ID token is of another issuer")]
    Issuer,
    #[error("the ID token is meant for somebody else")]
    Audience,
    #[error("the ID token was made for another sign-in")]
    Nonce,
    #[error("the ID token has expired")]
    Expired,
    #[error("the ID token is not good yet")]
    TooEarly,
    #[error("the ID token does not say whom it is about")]
    Subject,
}

impl TokenFault {
    /// Its name among the outcomes that are counted.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Malformed => "token_malformed",
            Self::Algorithm => "token_algorithm",
            Self::UnknownKey => "token_key",
            Self::Signature => "token_signature",
            Self::Issuer => "token_issuer",
            Self::Audience => "token_audience",
            Self::Nonce => "token_nonce",
            Self::Expired => "token_expired",
            Self::TooEarly => "token_too_early",
            Self::Subject => "token_subject",
        }
    }
}

/// What an ID token says.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    #[serde(default)]
    azp: Option<String>,
    exp: f64,
    iat: f64,
    #[serde(default)]
    nbf: Option<f64>,
    #[serde(default)]
    nonce: Option<String>,
    // What is no text here is as good as absent.
    #[serde(default)]
    email: Value,
    #[serde(default)]
    email_verified: Value,
    #[serde(default)]
    name: Value,
}

/// For whom a token is.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// What a token must say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub issuer: &'a str,
    /// Who we are to the provider.
    pub client: &'a str,
    pub nonce: &'a str,
}

/// Whom a token vouches for whose signature is right.
pub(super) fn judge(
    claims: Claims,
    expected: Expected<'_>,
    now: Timestamp,
) -> Result<Identity, TokenFault> {
    if claims.iss != expected.issuer {
        return Err(TokenFault::Issuer);
    }
    if !is_for(&claims, expected.client) {
        return Err(TokenFault::Audience);
    }
    in_time(&claims, now)?;
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err(TokenFault::Nonce);
    }
    let plain = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    let sized = (1..=SUBJECT_CHARS_MAX).contains(&claims.sub.len());
    if !sized || !claims.sub.bytes().all(plain) {
        return Err(TokenFault::Subject);
    }
    let verified = claims.email_verified == true || claims.email_verified == "true";
    let text = |value: Value| value.as_str().map(str::to_owned);
    Ok(Identity {
        issuer: claims.iss,
        subject: claims.sub,
        verified_email: text(claims.email).filter(|_| verified),
        name: text(claims.name),
    })
}

/// Of several for whom it is, one has asked for it, and says so.
fn is_for(claims: &Claims, client: &str) -> bool {
    let asked_by = claims.azp.as_deref();
    let asked = asked_by.is_none_or(|party| party == client);
    match &claims.aud {
        Audience::One(one) => one == client && asked,
        Audience::Several(several) => {
            let named = several.iter().any(|it| it == client);
            let said = several.len() == 1 || asked_by.is_some();
            named && asked && said
        }
    }
}

fn in_time(claims: &Claims, now: Timestamp) -> Result<(), TokenFault> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "microseconds of this century are exact, and a token's time is in seconds"
    )]
    let now = now.unix_micros() as f64 / 1e6;
    if claims.exp + LEEWAY_SECONDS <= now {
        return Err(TokenFault::Expired);
    }
    let earliest = claims.nbf.map_or(claims.iat, |nbf| nbf.max(claims.iat));
    if earliest - LEEWAY_SECONDS > now {
        return Err(TokenFault::TooEarly);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    const EXPECTED: Expected<'static> = Expected {
        issuer: "https://id.example.com",
        client: "fullhouse",
        nonce: "n-0S6",
    };

    fn good() -> Value {
        json!({
            "iss": "https://id.example.com", "sub": "1046", "aud": "fullhouse",
            "exp": NOW + 300, "iat": NOW, "nonce": "n-0S6",
            "email": "ann@example.com", "email_verified": true, "name": "Ann Lee",
        })
    }

    fn judged(claims: Value) -> Result<Identity, TokenFault> {
        let claims = Claims::deserialize(claims);
        let claims = claims.map_err(|_unreadable| TokenFault::Malformed)?;
        judge(claims, EXPECTED, Timestamp::from_unix_seconds(NOW))
    }

    fn with(member: &str, value: Value) -> Result<Identity, TokenFault> {
        let mut claims = good();
        claims[member] = value;
        judged(claims)
    }

    #[test]
    fn a_token_vouches_for_somebody() {
        let ann = judged(good()).unwrap();
        assert_eq!(ann.subject, "1046");
        assert_eq!(ann.verified_email.as_deref(), Some("ann@example.com"));
        assert_eq!(ann.name.as_deref(), Some("Ann Lee"));
    }

    #[test]
    fn each_claim_must_be_right() {
        let long = "x".repeat(256);
        for (member, value, fault) in [
            ("iss", json!("https://id.example.com/"), TokenFault::Issuer),
            ("iss", json!("https://evil.example"), TokenFault::Issuer),
            ("aud", json!("another"), TokenFault::Audience),
            ("aud", json!([]), TokenFault::Audience),
            ("aud", json!(["another"]), TokenFault::Audience),
            // Of several nobody says that we have asked.
            ("aud", json!(["fullhouse", "another"]), TokenFault::Audience),
            ("azp", json!("another"), TokenFault::Audience),
            ("nonce", json!("n-0S7"), TokenFault::Nonce),
            ("nonce", json!(null), TokenFault::Nonce),
            ("exp", json!(NOW - 60), TokenFault::Expired),
            ("iat", json!(NOW + 61), TokenFault::TooEarly),
            ("nbf", json!(NOW + 61), TokenFault::TooEarly),
            ("sub", json!(""), TokenFault::Subject),
            ("sub", json!(long), TokenFault::Subject),
            ("sub", json!("a\u{0}b"), TokenFault::Subject),
            ("sub", json!("ä"), TokenFault::Subject),
            ("exp", json!("soon"), TokenFault::Malformed),
            ("exp", json!(null), TokenFault::Malformed),
            ("iat", json!(null), TokenFault::Malformed),
            ("sub", json!(7), TokenFault::Malformed),
            ("aud", json!(null), TokenFault::Malformed),
        ] {
            assert_eq!(with(member, value.clone()), Err(fault), "{member} {value}");
        }
    }

    #[test]
    fn what_is_right_may_be_written_in_other_ways() {
        for (member, value) in [
            ("aud", json!(["fullhouse"])),
            ("azp", json!("fullhouse")),
            ("exp", json!(NOW - 59)),
            ("iat", json!(NOW + 60)),
            ("exp", json!(1_800_000_300.5)),
            ("sub", json!("x".repeat(255))),
        ] {
            assert!(with(member, value.clone()).is_ok(), "{member} {value}");
        }
        let mut several = good();
        several["aud"] = json!(["fullhouse", "another"]);
        several["azp"] = json!("fullhouse");
        assert!(judged(several).is_ok());
    }

    #[test]
    fn an_address_counts_only_when_the_provider_vouches_for_it() {
        for (said, counts) in [
            (json!(true), true),
            (json!("true"), true),
            (json!(false), false),
            (json!("false"), false),
            (json!(1), false),
            (json!(null), false),
            (json!("TRUE"), false),
        ] {
            let ann = with("email_verified", said.clone()).unwrap();
            assert_eq!(ann.verified_email.is_some(), counts, "{said}");
        }
        assert_eq!(with("email", json!(7)).unwrap().verified_email, None);
        assert_eq!(with("name", json!(["Ann"])).unwrap().name, None);
    }
}
