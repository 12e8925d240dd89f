//! Codes that Twilio Verify makes, sends and checks, over its HTTP API (v2).
//!
//! Nothing is tried again here: whoever waits asks again, and a second attempt may send a second code.

mod answer;

use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;
use url::form_urlencoded::Serializer;
use url::{Host, Url};

use super::{Doing, PhoneError, Verifier, shown};
use answer::{Answer, Said};

/// Longest time to a connection, and to the end of the answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const TIMEOUT: Duration = Duration::from_secs(5);

/// Requests in progress at once. Beyond it nobody waits: each holds a request of ours.
const REQUESTS_MAX: usize = 32;

/// Bytes of an answer, which has some hundred.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// A verification of Twilio's is over after this, with its counts.
const VERIFICATION_LIFETIME: Duration = Duration::from_mins(10);

/// Whose account codes are sent with.
#[derive(Clone, Debug)]
pub struct TwilioAccount {
    /// `https://verify.twilio.com`, without a slash at its end.
    pub url: String,
    /// The account's, or that of an API key.
    pub sid: String,
    pub auth_token: SecretString,
    /// The Verify service, which says what the message says.
    pub service_sid: String,
}

/// Settings that name no account of Twilio's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TwilioError {
    #[error("is no address such as https://verify.twilio.com, without a slash at its end")]
    Url,
    /// The secret and the codes would go over the network for everybody to read.
    #[error("must begin with https://, but for this machine's own loopback address")]
    Open,
    #[error("is not the SID of an account, AC…, or of an API key, SK…")]
    AccountSid,
    #[error("is not the SID of a Verify service, VA…")]
    ServiceSid,
    #[error("cannot be used: {0}")]
    Client(String),
}

impl TwilioError {
    /// The setting that is wrong.
    pub const fn setting(&self) -> &'static str {
        match self {
            Self::Url | Self::Open | Self::Client(_) => "FULLHOUSE_TWILIO_URL",
            Self::AccountSid => "FULLHOUSE_TWILIO_ACCOUNT_SID",
            Self::ServiceSid => "FULLHOUSE_TWILIO_VERIFY_SERVICE_SID",
        }
    }
}

/// Asks Twilio Verify.
pub struct TwilioVerify {
    client: Client,
    account: TwilioAccount,
    room: Semaphore,
    failures: AtomicU32,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
enum Question<'a> {
    Start { phone: &'a str },
    Check { phone: &'a str, code: &'a str },
}

impl Question<'_> {
    const fn phone(&self) -> &str {
        match self {
            Self::Start { phone } | Self::Check { phone, .. } => phone,
        }
    }

    const fn resource(&self) -> &'static str {
        match self {
            Self::Start { .. } => "Verifications",
            Self::Check { .. } => "VerificationCheck",
        }
    }

    /// What an answer means to whoever has asked this.
    fn outcome(&self, said: Said) -> Result<bool, PhoneError> {
        match (self, said) {
            (_, Said::Later) => Err(PhoneError::Busy),
            (Self::Start { .. }, Said::Pending) | (Self::Check { .. }, Said::Approved) => Ok(true),
            (Self::Start { .. }, Said::TooMany) => Err(PhoneError::TooMany {
                retry_after: VERIFICATION_LIFETIME,
            }),
            (Self::Start { .. }, Said::Unreachable) => Err(PhoneError::Unreachable),
            (Self::Start { .. }, Said::Approved | Said::Over) => {
                let why = "there is no such Verify service";
                Err(PhoneError::Unavailable(why.to_owned()))
            }
            // Wrong, guessed at too often, used or too old: whichever, it opens nothing.
            (
                Self::Check { .. },
                Said::Pending | Said::Over | Said::TooMany | Said::Unreachable,
            ) => Ok(false),
        }
    }

    fn form(&self) -> String {
        let mut form = Serializer::new(String::new());
        form.append_pair("To", self.phone());
        match self {
            Self::Start { .. } => form.append_pair("Channel", "sms"),
            Self::Check { code, .. } => form.append_pair("Code", code),
        };
        form.finish()
    }
}

impl TwilioVerify {
    /// With this account. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// Which setting is wrong.
    pub fn new(account: TwilioAccount) -> Result<Self, TwilioError> {
        let url = Url::parse(&account.url).map_err(|_no_url| TwilioError::Url)?;
        let web = matches!(url.scheme(), "http" | "https");
        let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !web || !bare || account.url.ends_with('/') {
            return Err(TwilioError::Url);
        }
        if url.scheme() == "http" && !is_here(&url) {
            return Err(TwilioError::Open);
        }
        let plain = |text: &str, prefix: &str| {
            let rest = text.strip_prefix(prefix).unwrap_or_default();
            !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        if !plain(&account.sid, "AC") && !plain(&account.sid, "SK") {
            return Err(TwilioError::AccountSid);
        }
        if !plain(&account.service_sid, "VA") {
            return Err(TwilioError::ServiceSid);
        }
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(Policy::none())
            .https_only(url.scheme() == "https")
            .pool_max_idle_per_host(REQUESTS_MAX)
            .build()
            .map_err(|error| TwilioError::Client(error.to_string()))?;
        Ok(Self {
            client,
            account,
            room: Semaphore::new(REQUESTS_MAX),
            failures: AtomicU32::new(0),
        })
    }

    /// Whether a code is on its way, or is the right one. A failure is logged when their count reaches a power of
    /// two, for strangers cause them.
    async fn ask(&self, question: Question<'_>) -> Result<bool, PhoneError> {
        let outcome = self.try_to_ask(question).await;
        match &outcome {
            Ok(_) => self.failures.store(0, Ordering::Relaxed),
            Err(PhoneError::Unavailable(error)) => {
                let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
                if failures.is_power_of_two() {
                    tracing::warn!(
                        error,
                        failures,
                        phone.number = shown(question.phone()),
                        "Twilio did not answer as it should, so a code was not sent or not checked"
                    );
                }
            }
            Err(PhoneError::Busy | PhoneError::Unreachable | PhoneError::TooMany { .. }) => {}
        }
        outcome
    }

    async fn try_to_ask(&self, question: Question<'_>) -> Result<bool, PhoneError> {
        let _place = self.room.try_acquire().map_err(|_full| PhoneError::Busy)?;
        let TwilioAccount {
            url,
            sid,
            auth_token,
            service_sid,
        } = &self.account;
        let url = format!("{url}/v2/Services/{service_sid}/{}", question.resource());
        let asked = self
            .client
            .post(url)
            .basic_auth(sid, Some(auth_token.expose_secret()))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .body(question.form())
            .send()
            .await;
        let response = asked.map_err(|error| unavailable(&error))?;
        let status = response.status();
        let bytes = read(response).await?;
        let said = Answer::read(status, &bytes).map_err(PhoneError::Unavailable)?;
        question.outcome(said)
    }
}

impl Verifier for TwilioVerify {
    fn start<'a>(&'a self, phone: &'a str) -> Doing<'a, ()> {
        Box::pin(async move { self.ask(Question::Start { phone }).await.map(drop) })
    }

    fn check<'a>(&'a self, phone: &'a str, code: &'a SecretString) -> Doing<'a, bool> {
        Box::pin(async move {
            let code = code.expose_secret();
            self.ask(Question::Check { phone, code }).await
        })
    }
}

/// The whole of an answer, unless it is too long.
async fn read(mut response: Response) -> Result<Vec<u8>, PhoneError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| unavailable(&error))?
    {
        if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
            let why = format!("the answer has more than {ANSWER_BYTES_MAX} bytes");
            return Err(PhoneError::Unavailable(why));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Without the address that was asked: it is known, and long.
fn unavailable(error: &reqwest::Error) -> PhoneError {
    let what = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the answer broke off"
    };
    PhoneError::Unavailable(what.to_owned())
}

fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

/// Secrets stay out of logs.
impl fmt::Debug for TwilioVerify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioVerify")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(url: &str) -> TwilioAccount {
        TwilioAccount {
            url: url.to_owned(),
            sid: "AC0123".to_owned(),
            auth_token: "secret".into(),
            service_sid: "VA0123".to_owned(),
        }
    }

    #[test]
    fn settings_that_name_no_account_are_refused() {
        let wrong = |account| TwilioVerify::new(account).unwrap_err();
        for url in [
            "",
            "verify.twilio.com",
            "ftp://verify.twilio.com",
            "https://verify.twilio.com/",
            "https://verify.twilio.com?a=b",
        ] {
            assert_eq!(wrong(account(url)), TwilioError::Url, "{url}");
        }
        for url in ["http://verify.twilio.com", "http://192.0.2.1:80"] {
            assert_eq!(wrong(account(url)), TwilioError::Open, "{url}");
        }
        for url in ["http://127.0.0.1:9", "http://[::1]:9", "http://localhost:9"] {
            let verify = TwilioVerify::new(account(url)).unwrap();
            assert!(!format!("{verify:?}").contains("secret"));
        }
        for sid in ["", "AC", "VA0123", "AC01/23"] {
            let other = TwilioAccount {
                sid: sid.to_owned(),
                ..account("http://127.0.0.1:9")
            };
            assert_eq!(wrong(other), TwilioError::AccountSid, "{sid}");
        }
        let other = TwilioAccount {
            service_sid: "VA01?x".to_owned(),
            ..account("http://127.0.0.1:9")
        };
        assert_eq!(wrong(other), TwilioError::ServiceSid);
    }

    #[test]
    fn forms_are_encoded() {
        let check = Question::Check {
            phone: "+919876543210",
            code: "012345",
        };
        assert_eq!(check.form(), "To=%2B919876543210&Code=012345");
        let start = Question::Start {
            phone: "+919876543210",
        };
        assert_eq!(start.form(), "To=%2B919876543210&Channel=sms");
    }
}
