//! What is asked of every request's head before its route sees it: that nothing in it can be read in
//! two ways.
//!
//! Of two values of one header, one program takes the first and the next the last; whoever stands
//! between them can be made to see another request than we do. So neither is taken.

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Version, header};

use super::request_id;
use crate::http::problem::Problem;

/// Headers that have one value, with the names under which they are known.
static SINGLE: [(HeaderName, &str); 6] = [
    (header::HOST, "Host"),
    (header::AUTHORIZATION, "Authorization"),
    (header::CONTENT_TYPE, "Content-Type"),
    (header::CONTENT_LENGTH, "Content-Length"),
    (IDEMPOTENCY_KEY, "Idempotency-Key"),
    (request_id::HEADER, "X-Request-Id"),
];

/// The key under which a request may be repeated.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Why a request is answered without being looked at further, if it is.
pub(super) fn refusal(request: &Request) -> Option<Problem> {
    given_twice(request.headers()).or_else(|| wrong_host(request))
}

fn given_twice(headers: &HeaderMap) -> Option<Problem> {
    // Most requests have no header twice, and are not looked through for which.
    if headers.len() == headers.keys_len() {
        return None;
    }
    let twice = |(name, _): &&(HeaderName, &str)| headers.get_all(name).iter().nth(1).is_some();
    let (_, name) = SINGLE.iter().find(twice)?;
    let message = "is given more than once; send it once";
    Some(Problem::malformed_header(name, message))
}

/// A request says once for which host it is: with HTTP/1.1 in the header, with HTTP/2 there or, as
/// is usual, beside the path.
fn wrong_host(request: &Request) -> Option<Problem> {
    let wrong = |message: &str| Some(Problem::malformed_header("Host", message));
    let given = request.headers().get(header::HOST);
    let beside = request.uri().authority();
    if beside.is_none() && given.is_some_and(is_plain) {
        return None;
    }
    match (given.map(authority), beside) {
        (Some(None), _) => {
            wrong("must be a name or address and may have a port: tickets.example:8080")
        }
        (Some(Some(given)), Some(beside))
            if request.version() == Version::HTTP_2 && given != *beside =>
        {
            wrong("is another than :authority")
        }
        (None, None) if request.version() >= Version::HTTP_11 => {
            wrong("is missing; a request says for which host it is")
        }
        (None, Some(_)) if request.version() == Version::HTTP_11 => {
            wrong("is missing; HTTP/1.1 has it in every request")
        }
        _ => None,
    }
}

/// Whether a header names a host as most do, by a name or an IPv4 address and perhaps a port. Every
/// request is asked, and this takes no memory, as [`authority`] does.
fn is_plain(value: &HeaderValue) -> bool {
    let value = value.as_bytes();
    let host = value
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
        .count();
    // Five digits may be too many.
    let port = &value[host..];
    let port_fits = match port {
        [] => true,
        [b':', digits @ ..] => digits.len() <= 4 && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    host > 0 && port_fits
}

/// The host and port that a header names, if that is what it does.
fn authority(value: &HeaderValue) -> Option<Authority> {
    let authority: Authority = value.to_str().ok()?.parse().ok()?;
    let text = authority.as_str();
    let port = text.strip_prefix(authority.host())?;
    let port_fits = match port.strip_prefix(':') {
        None => port.is_empty(),
        Some(digits) => digits.is_empty() || digits.parse::<u16>().is_ok(),
    };
    let named = !authority.host().is_empty() && !text.contains('@');
    (named && port_fits).then_some(authority)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn refused(version: Version, uri: &str, headers: &[(&str, &str)]) -> Option<String> {
        let mut request = Request::builder().version(version).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        refusal(&request).map(|problem| problem.detail().to_owned())
    }

    #[test]
    fn a_request_names_one_host() {
        let good = [
            "x",
            "x:80",
            "x:",
            "tickets.example:65535",
            "127.0.0.1:8080",
            "[::1]",
            "[::1]:80",
        ];
        for host in good {
            assert_eq!(
                refused(Version::HTTP_11, "/", &[("host", host)]),
                None,
                "{host}"
            );
        }
        for host in [
            "", "a b", "a/b", "me@x", "x:y", "x:65536", "x:80:80", "[::1", "x?y",
        ] {
            let refused = refused(Version::HTTP_11, "/", &[("host", host)]);
            assert!(
                refused.is_some_and(|it| it.starts_with("Host: must be")),
                "{host}"
            );
        }
        assert!(refused(Version::HTTP_11, "/", &[]).is_some());
        assert!(refused(Version::HTTP_11, "http://x/", &[]).is_some());
        assert!(refused(Version::HTTP_11, "/", &[("host", "x"), ("host", "x")]).is_some());
        // Older than the header.
        assert_eq!(refused(Version::HTTP_10, "/", &[]), None);
    }

    #[test]
    fn over_http2_the_host_stands_beside_the_path() {
        assert_eq!(refused(Version::HTTP_2, "http://x:80/", &[]), None);
        assert_eq!(refused(Version::HTTP_2, "/", &[("host", "x")]), None);
        assert_eq!(
            refused(Version::HTTP_2, "http://x/", &[("host", "X")]),
            None
        );
        assert!(refused(Version::HTTP_2, "http://x/", &[("host", "y")]).is_some());
        assert!(refused(Version::HTTP_2, "/", &[]).is_some());
    }

    #[test]
    fn lists_may_be_sent_in_several_lines_and_single_values_may_not() {
        let host = ("host", "x");
        for (name, _) in SINGLE.iter().skip(1) {
            let twice = [host, (name.as_str(), "1"), (name.as_str(), "1")];
            assert!(refused(Version::HTTP_11, "/", &twice).is_some(), "{name}");
        }
        for name in [
            "if-none-match",
            "accept-encoding",
            "x-forwarded-for",
            "content-encoding",
        ] {
            assert_eq!(
                refused(Version::HTTP_11, "/", &[host, (name, "1"), (name, "1")]),
                None
            );
        }
    }
}
