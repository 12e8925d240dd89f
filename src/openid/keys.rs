//! The keys with which a provider signs (RFC 7517).

use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// Keys of a provider that are looked at; none has nearly as many.
const KEYS_MAX: usize = 64;

/// The keys of a provider that can sign ID tokens.
#[derive(Debug)]
pub(super) struct Keys(Vec<Key>);

/// One key, for one algorithm.
pub(super) struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    decoding: DecodingKey,
}

/// A document of keys.
#[derive(Debug, Deserialize)]
struct Document {
    keys: Vec<Value>,
}

/// A key as it is written.
#[derive(Debug, Deserialize)]
struct Written {
    kty: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default, rename = "use")]
    usage: Option<String>,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default)]
    crv: Option<String>,
    #[serde(default)]
    n: String,
    #[serde(default)]
    e: String,
    #[serde(default)]
    x: String,
    #[serde(default)]
    y: String,
}

impl Keys {
    /// The keys of a document. Those that sign nothing, or in another way than is taken here, are passed
    /// over.
    ///
    /// # Errors
    ///
    /// When it is no document of keys.
    pub(super) fn read(body: &[u8]) -> Result<Self, String> {
        let document: Document = serde_json::from_slice(body)
            .map_err(|error| format!("the provider's keys cannot be read: {error}"))?;
        let written = document.keys.into_iter().take(KEYS_MAX);
        let known = written.filter_map(|key| Written::deserialize(key).ok()?.key());
        Ok(Self(known.collect()))
    }

    /// The key that a token names. One that names none can be of the only key there is.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&DecodingKey> {
        let mut fitting = self.0.iter().filter(|key| key.algorithm == algorithm);
        let Some(id) = id else {
            let only = fitting.next()?;
            return fitting.next().is_none().then_some(&only.decoding);
        };
        let key = fitting.find(|key| key.id.as_deref() == Some(id))?;
        Some(&key.decoding)
    }
}

impl Written {
    fn key(self) -> Option<Key> {
        if self.usage.is_some_and(|usage| usage != "sig") {
            return None;
        }
        let (algorithm, name, decoding) = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => {
                let key = DecodingKey::from_rsa_components(&self.n, &self.e);
                (Algorithm::RS256, "RS256", key)
            }
            ("EC", Some("P-256")) => {
                let key = DecodingKey::from_ec_components(&self.x, &self.y);
                (Algorithm::ES256, "ES256", key)
            }
            _ => return None,
        };
        if self.alg.is_some_and(|alg| alg != name) {
            return None;
        }
        Some(Key {
            id: self.kid,
            algorithm,
            decoding: decoding.ok()?,
        })
    }
}

/// Keys are public, and no line of a log is for them.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?}, {:?})", self.id, self.algorithm)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys(all: &Value) -> Keys {
        Keys::read(json!({"keys": all}).to_string().as_bytes()).unwrap()
    }

    fn rsa(id: &str) -> Value {
        json!({"kty": "RSA", "kid": id, "n": "sXch", "e": "AQAB"})
    }

    #[test]
    fn a_key_is_found_by_its_id_for_its_own_algorithm() {
        let curve = json!({"kty": "EC", "kid": "b", "crv": "P-256", "x": "AAAA", "y": "AAAA"});
        let keys = keys(&json!([rsa("a"), curve, {"kty": "oct", "kid": "c", "k": "c2VjcmV0"}]));
        assert!(keys.find(Some("a"), Algorithm::RS256).is_some());
        assert!(keys.find(Some("b"), Algorithm::ES256).is_some());
        assert!(keys.find(Some("a"), Algorithm::ES256).is_none());
        assert!(keys.find(Some("b"), Algorithm::RS256).is_none());
        assert!(keys.find(Some("c"), Algorithm::HS256).is_none());
        assert!(keys.find(Some("d"), Algorithm::RS256).is_none());
    }

    #[test]
    fn a_token_without_an_id_is_of_the_only_key_or_of_none() {
        let one = keys(&json!([rsa("a")]));
        assert!(one.find(None, Algorithm::RS256).is_some());
        assert!(one.find(None, Algorithm::ES256).is_none());
        let two = keys(&json!([rsa("a"), rsa("b")]));
        assert!(two.find(None, Algorithm::RS256).is_none());
    }

    #[test]
    fn keys_for_something_else_are_passed_over() {
        let mut encrypting = rsa("a");
        encrypting["use"] = json!("enc");
        let mut other = rsa("b");
        other["alg"] = json!("RS512");
        let mut signing = rsa("c");
        (signing["use"], signing["alg"]) = (json!("sig"), json!("RS256"));
        let wrong = json!({"kty": "RSA", "kid": "d", "n": "not base64!", "e": "AQAB"});
        let keys = keys(&json!([encrypting, other, wrong, 7, {"kid": "e"}, signing]));
        assert_eq!(keys.0.len(), 1);
        assert!(keys.find(Some("c"), Algorithm::RS256).is_some());
    }

    #[test]
    fn what_is_no_document_of_keys_is_said() {
        for body in ["", "[]", "{}", r#"{"keys": 7}"#, "<html>"] {
            assert!(Keys::read(body.as_bytes()).is_err(), "{body}");
        }
    }
}
