//! ID tokens, right and wrong ones, put together by hand.

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use crate::keys::{Keys, text};
use crate::script::{CLIENT_ID, Fault, Person, Script};

/// Seconds for which a token is good.
const LIFE_SECONDS: i64 = 300;

/// What a token says.
#[derive(Clone, Debug)]
pub(crate) struct Said<'a> {
    pub issuer: &'a str,
    pub nonce: &'a str,
    pub person: &'a Person,
    /// In seconds of Unix time.
    pub now: i64,
}

/// A token as the script wants it.
pub(crate) fn token(script: &Script, said: &Said<'_>) -> String {
    let (mut algorithm, mut claims) = (script.algorithm, said.claims());
    let mut key_id = script.signing.id(algorithm);
    let other = Keys::new;
    match &script.fault {
        Fault::Issuer => claims["iss"] = json!("https://accounts.example.com"),
        Fault::Audience => claims["aud"] = json!("another client"),
        Fault::Audiences => claims["aud"] = json!([CLIENT_ID, "another client"]),
        Fault::Nonce => claims["nonce"] = json!(text([7; 32])),
        Fault::NoNonce => claims["nonce"] = Value::Null,
        Fault::Expired => {
            claims["iat"] = json!(said.now - 120 - LIFE_SECONDS);
            claims["exp"] = json!(said.now - 120);
        }
        Fault::TooEarly => claims["iat"] = json!(said.now + 120),
        Fault::UnknownKey => "nobody's".clone_into(&mut key_id),
        Fault::Unsigned => algorithm = "none",
        Fault::PublicKeyAsSecret => algorithm = "HS256",
        Fault::Earlier(token) => return token.clone(),
        Fault::NoToken => return "no token".to_owned(),
        Fault::None | Fault::OtherKey | Fault::Changed => {}
    }
    let head = json!({"alg": algorithm, "typ": "JWT", "kid": key_id});
    let message = format!("{}.{}", text(head.to_string()), text(claims.to_string()));
    let signature = match algorithm {
        "none" => Vec::new(),
        "HS256" => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &script.signing.known_to_everybody());
            hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
        }
        _ if script.fault == Fault::OtherKey => other(1).sign(algorithm, message.as_bytes()),
        _ => script.signing.sign(algorithm, message.as_bytes()),
    };
    if script.fault == Fault::Changed {
        claims["sub"] = json!("somebody else");
        let claims = text(claims.to_string());
        return format!("{}.{claims}.{}", text(head.to_string()), text(signature));
    }
    format!("{message}.{}", text(signature))
}

impl Said<'_> {
    fn claims(&self) -> Value {
        json!({
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "azp": Value::Null,
            "sub": self.person.subject,
            "iat": self.now,
            "exp": self.now + LIFE_SECONDS,
            "nonce": self.nonce,
            "email": self.person.email,
            "email_verified": self.person.email_verified,
            "name": self.person.name,
        })
    }
}
