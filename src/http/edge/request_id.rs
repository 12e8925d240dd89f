//! The id by which a request is found in logs, given by its sender or by us.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// Where the id comes in and goes out.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id taken from a sender.
const CHARS_MAX: usize = 128;

/// A request's id: visible ASCII.
#[derive(Clone, Debug)]
pub(super) struct RequestId(Arc<str>);

impl RequestId {
    /// The sender's own, if it is fit for a log, else a new one.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut given = headers.get_all(HEADER).iter();
        match (given.next(), given.next()) {
            (Some(value), None) if fit(value.as_bytes()) => {
                Self(value.to_str().unwrap_or_default().into())
            }
            _ => Self::random(),
        }
    }

    /// As text.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// For whoever writes down what was done.
    pub(super) fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }

    /// As a header's value.
    pub(super) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static("none"))
    }

    fn random() -> Self {
        let mut text = [0; uuid::fmt::Simple::LENGTH];
        let text = Uuid::from_u128(rand::random())
            .simple()
            .encode_lower(&mut text);
        Self(Arc::from(&*text))
    }
}

fn fit(id: &[u8]) -> bool {
    (1..=CHARS_MAX).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(value: &str) -> RequestId {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, value.parse().unwrap());
        RequestId::of(&headers)
    }

    #[test]
    fn a_fit_id_is_kept_and_an_unfit_one_replaced() {
        assert_eq!(given("abc-1").as_str(), "abc-1");
        assert_eq!(given("a b").as_str().len(), 32);
        // What turns the text around it when a log is shown.
        let turned = HeaderValue::from_bytes("abc\u{202e}1".as_bytes()).unwrap();
        let headers = HeaderMap::from_iter([(HEADER, turned)]);
        assert_eq!(RequestId::of(&headers).as_str().len(), 32);
        assert_eq!(given(&"x".repeat(129)).as_str().len(), 32);
    }
}
