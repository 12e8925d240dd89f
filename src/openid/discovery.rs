//! Where a provider's endpoints are, as it says itself (OpenID Connect Discovery 1.0).

use serde::Deserialize;
use url::Url;

use super::address::address;

/// Where everything of a provider is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoints {
    pub authorization: Url,
    pub token: Url,
    pub keys: Url,
    pub secret_in: SecretIn,
}

/// How the token endpoint wants our secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SecretIn {
    /// In a header (`client_secret_basic`), which every provider must take unless it says otherwise.
    Header,
    /// In the body (`client_secret_post`).
    Body,
}

/// What of a discovery document is looked at.
#[derive(Debug, Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

/// Where the discovery document of an issuer is.
pub(super) fn document_of(issuer: &str) -> String {
    let issuer = issuer.strip_suffix('/').unwrap_or(issuer);
    format!("{issuer}/.well-known/openid-configuration")
}

/// The endpoints of a discovery document, which must be of this issuer.
///
/// # Errors
///
/// Says what is wrong with the document.
pub(super) fn read(body: &[u8], issuer: &str) -> Result<Endpoints, String> {
    let document: Document = serde_json::from_slice(body)
        .map_err(|error| format!("the discovery document cannot be read: {error}"))?;
    if document.issuer != issuer {
        return Err(format!(
            "the discovery document is of the issuer {:?}, not of {issuer:?}",
            short(&document.issuer)
        ));
    }
    let endpoint = |name: &str, text: &str| {
        address(text).map_err(|wrong| format!("{name} of the discovery document {wrong}"))
    };
    Ok(Endpoints {
        authorization: endpoint("authorization_endpoint", &document.authorization_endpoint)?,
        token: endpoint("token_endpoint", &document.token_endpoint)?,
        keys: endpoint("jwks_uri", &document.jwks_uri)?,
        secret_in: secret_in(document.token_endpoint_auth_methods_supported.as_deref()),
    })
}

fn secret_in(methods: Option<&[String]>) -> SecretIn {
    let has = |name: &str| methods.is_some_and(|all| all.iter().any(|it| it == name));
    if has("client_secret_post") && !has("client_secret_basic") {
        SecretIn::Body
    } else {
        SecretIn::Header
    }
}

/// Characters of a provider's own text that are repeated to the operator.
const SHOWN_CHARS_MAX: usize = 200;

/// The beginning of a text.
pub(super) fn short(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://id.example.com";

    fn document() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://id.example.com/authorize?tenant=7",
            "token_endpoint": "https://tokens.example.com/",
            "jwks_uri": "https://id.example.com/keys",
            "something": ["else"],
        })
    }

    fn read_of(document: &Value) -> Result<Endpoints, String> {
        read(document.to_string().as_bytes(), ISSUER)
    }

    #[test]
    fn endpoints_are_read_and_may_be_elsewhere() {
        let endpoints = read_of(&document()).unwrap();
        assert_eq!(endpoints.token.as_str(), "https://tokens.example.com/");
        assert_eq!(endpoints.secret_in, SecretIn::Header);
    }

    #[test]
    fn the_secret_goes_into_the_body_only_where_no_header_is_taken() {
        for (methods, expected) in [
            (json!(null), SecretIn::Header),
            (json!([]), SecretIn::Header),
            (json!(["client_secret_post"]), SecretIn::Body),
            (json!(["private_key_jwt"]), SecretIn::Header),
            (
                json!(["client_secret_post", "client_secret_basic"]),
                SecretIn::Header,
            ),
        ] {
            let mut said = document();
            said["token_endpoint_auth_methods_supported"] = methods;
            assert_eq!(read_of(&said).unwrap().secret_in, expected, "{said}");
        }
    }

    #[test]
    fn a_document_of_somebody_else_or_with_open_endpoints_is_not_taken() {
        for (member, wrong, reason) in [
            ("issuer", json!("https://id.example.com/"), "of the issuer"),
            ("issuer", json!("https://evil.example.com"), "of the issuer"),
            ("issuer", json!(null), "cannot be read"),
            (
                "token_endpoint",
                json!("http://id.example.com/token"),
                "token_endpoint",
            ),
            ("jwks_uri", json!("file:///keys"), "jwks_uri"),
            ("jwks_uri", json!(null), "cannot be read"),
            (
                "authorization_endpoint",
                json!("javascript:alert(1)"),
                "authorization_endpoint",
            ),
        ] {
            let mut said = document();
            said[member] = wrong;
            let refused = read_of(&said).unwrap_err();
            assert!(refused.contains(reason), "{refused}");
        }
        assert!(read(b"<html>", ISSUER).is_err());
    }

    #[test]
    fn the_document_is_below_its_issuer() {
        let place = "https://id.example.com/tenant/.well-known/openid-configuration";
        for issuer in [
            "https://id.example.com/tenant",
            "https://id.example.com/tenant/",
        ] {
            assert_eq!(document_of(issuer), place);
        }
    }
}
