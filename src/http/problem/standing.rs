//! How much somebody may still ask, in the headers of an answer.

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// What somebody may still ask, for the headers of an answer.
#[derive(Clone, Debug)]
pub struct RateStanding {
    pub(in crate::http) name: &'static str,
    pub(in crate::http) policy: HeaderValue,
    pub(in crate::http) remaining: u32,
    /// Seconds until the bucket is full again.
    pub(in crate::http) reset_seconds: u64,
}

/// `RateLimit` and `RateLimit-Policy`, as the IETF's draft "`RateLimit` header fields for HTTP"
/// (draft-ietf-httpapi-ratelimit-headers-10) writes them.
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

impl RateStanding {
    /// Writes it into an answer that does not tell of another limit, which was passed.
    pub fn write_unless_told(&self, headers: &mut HeaderMap) {
        if !headers.contains_key(LIMIT) {
            self.write(headers);
        }
    }

    /// Writes it into an answer's headers.
    pub fn write(&self, headers: &mut HeaderMap) {
        let limit = format!(
            "\"{}\";r={};t={}",
            self.name, self.remaining, self.reset_seconds
        );
        if let Ok(limit) = HeaderValue::try_from(limit) {
            headers.insert(LIMIT, limit);
        }
        headers.insert(POLICY, self.policy.clone());
    }
}
