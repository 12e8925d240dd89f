//! Asking a provider over HTTP: nothing it answers takes more than a bounded time and memory.

use std::time::Duration;

use journal::causes::Causes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode};
use url::Url;

/// Longest time for one answer, from the connection to its last byte.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes of an answer: Google's keys take 2 KiB, a tenant with many keys some 20.
const ANSWER_BYTES_MAX: usize = 64 * 1_024;

/// Asks providers.
#[derive(Clone, Debug)]
pub(super) struct Web(Client);

/// What a provider answered.
#[derive(Debug)]
pub(super) struct Answered {
    pub status: StatusCode,
    pub body: Vec<u8>,
}

impl Web {
    /// Follows no redirects: an endpoint that leads elsewhere is not the one that was named.
    ///
    /// # Errors
    ///
    /// When this system trusts no authority.
    pub(super) fn new() -> Result<Self, String> {
        let client = Client::builder()
            .connect_timeout(TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(Policy::none())
            .referer(false)
            .user_agent(concat!("fullhouse/", env!("CARGO_PKG_VERSION")))
            .build();
        client.map(Self).map_err(|error| Causes(&error).to_string())
    }

    /// The document at an address.
    ///
    /// # Errors
    ///
    /// Says why there is none.
    pub(super) async fn document(&self, url: &Url) -> Result<Vec<u8>, String> {
        let answered = self.send(self.0.get(url.clone())).await?;
        if answered.status == StatusCode::OK {
            return Ok(answered.body);
        }
        Err(format!("{url} answered {}", answered.status))
    }

    /// What an endpoint answers to a form.
    ///
    /// # Errors
    ///
    /// Says why there is no answer.
    pub(super) async fn send_form(
        &self,
        url: &Url,
        fields: &[(&str, &str)],
        authorization: Option<HeaderValue>,
    ) -> Result<Answered, String> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let media_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        let mut asking = self.0.post(url.clone()).header(CONTENT_TYPE, media_type);
        if let Some(authorization) = authorization {
            asking = asking.header(AUTHORIZATION, authorization);
        }
        self.send(asking.body(form)).await
    }

    async fn send(&self, asking: RequestBuilder) -> Result<Answered, String> {
        let failed = |error: reqwest::Error| Causes(&error).to_string();
        let json = HeaderValue::from_static("application/json");
        let mut response = asking.header(ACCEPT, json).send().await.map_err(failed)?;
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(failed)? {
            if body.len() + piece.len() > ANSWER_BYTES_MAX {
                let url = response.url();
                return Err(format!("{url} answered more than {ANSWER_BYTES_MAX} bytes"));
            }
            body.extend_from_slice(&piece);
        }
        Ok(Answered {
            status: response.status(),
            body,
        })
    }
}
