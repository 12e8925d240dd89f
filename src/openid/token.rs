//! ID tokens: which key they name, and whether it signed them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::Value;

use super::rules::{Claims, TokenFault};

/// The head of a token, which proves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub key_id: Option<String>,
    pub algorithm: Algorithm,
}

#[derive(Debug, Deserialize)]
struct Written {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    /// What must be understood, and is not.
    #[serde(default)]
    crit: Option<Value>,
}

/// What a token says of its key. Never a symmetric algorithm: our secret and the provider's public keys
/// are no keys that sign.
pub(super) fn head(token: &str) -> Result<Head, TokenFault> {
    let first = token.split('.').next().unwrap_or_default();
    let decoded = URL_SAFE_NO_PAD.decode(first).ok();
    let written: Option<Written> = decoded.and_then(|it| serde_json::from_slice(&it).ok());
    let written = written.ok_or(TokenFault::Malformed)?;
    let algorithm = match written.alg.as_str() {
        "RS256" => Algorithm::RS256,
        "ES256" => Algorithm::ES256,
        _ => return Err(TokenFault::Algorithm),
    };
    if written.crit.is_some() {
        return Err(TokenFault::Malformed);
    }
    Ok(Head {
        key_id: written.kid,
        algorithm,
    })
}

/// What a token says that this key has signed. Its times are judged elsewhere, by our clock.
pub(super) fn claims(
    token: &str,
    algorithm: Algorithm,
    key: &DecodingKey,
) -> Result<Claims, TokenFault> {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let decoded = jsonwebtoken::decode::<Claims>(token, key, &validation);
    decoded
        .map(|decoded| decoded.claims)
        .map_err(|error| fault(&error))
}

fn fault(error: &Error) -> TokenFault {
    if matches!(error.kind(), ErrorKind::InvalidSignature) {
        TokenFault::Signature
    } else {
        TokenFault::Malformed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head_of(json: &str) -> Result<Head, TokenFault> {
        head(&format!("{}.e30.c2ln", URL_SAFE_NO_PAD.encode(json)))
    }

    #[test]
    fn two_algorithms_are_taken_and_no_other() {
        let taken = |json: &str| head_of(json).map(|head| head.algorithm);
        assert_eq!(taken(r#"{"alg":"RS256","kid":"a"}"#), Ok(Algorithm::RS256));
        assert_eq!(taken(r#"{"alg":"ES256"}"#), Ok(Algorithm::ES256));
        for alg in [
            "none", "None", "", "HS256", "HS512", "RS512", "PS256", "ES384", "EdDSA", "rs256",
        ] {
            let json = format!(r#"{{"alg":"{alg}"}}"#);
            assert_eq!(taken(&json), Err(TokenFault::Algorithm), "{alg}");
        }
    }

    #[test]
    fn what_has_no_head_is_no_token() {
        for json in [
            "",
            "{}",
            "7",
            r#"{"alg":7}"#,
            r#"{"alg":"RS256","crit":["b64"]}"#,
        ] {
            assert_eq!(head_of(json), Err(TokenFault::Malformed), "{json}");
        }
        for token in ["", ".", "..", "a.b.c", "é.e30."] {
            assert_eq!(head(token), Err(TokenFault::Malformed), "{token}");
        }
    }
}
