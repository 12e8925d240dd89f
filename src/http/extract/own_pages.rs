//! Which web pages may use the cookie of refresh tokens.
//!
//! A browser sends a cookie with whatever any page asks for. Three things keep other people's pages
//! out, each by itself: the cookie goes with requests of this site's pages alone (`SameSite=Strict`),
//! the request must carry a header that no form can and that another origin's script may send only when
//! CORS allows it, and where the browser says which page asks, that must be one of ours.

use axum::http::{HeaderMap, HeaderName, header};

use super::cookies::cookie;
use crate::http::problem::{Code, Problem};

/// The cookie's name; browsers take one of this prefix over TLS only.
pub const COOKIE: &str = "__Secure-fullhouse_refresh";

/// The one route to which browsers send it, below the API's base.
pub const COOKIE_ROUTE: &str = "/auth/refresh";

/// What a page sends to show that it is no form of somebody else's.
pub const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-protection");

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The origins of our own pages.
#[derive(Clone, Debug)]
pub struct OwnPages(Vec<String>);

impl OwnPages {
    /// Those at the public address, and those that CORS lets in.
    pub fn new(public_url: &str, cors_origins: &[String]) -> Self {
        let mut origins = vec![origin(public_url).to_owned()];
        origins.extend_from_slice(cors_origins);
        Self(origins)
    }

    /// The refresh token of a browser's cookie, if a page of ours sends it; nothing when there is none.
    ///
    /// # Errors
    ///
    /// 403 when it is not shown to come from such a page.
    pub fn refresh_token(
        &self,
        headers: &HeaderMap,
        is_shown: bool,
    ) -> Result<Option<String>, Problem> {
        let Some(token) = cookie(headers, COOKIE)? else {
            return Ok(None);
        };
        let refused = |detail| Err(Problem::new(Code::Forbidden, detail));
        if !is_shown {
            return refused(
                "a refresh token in a cookie needs the header X-CSRF-Protection: 1 beside it; or send it in the body",
            );
        }
        let cross_site = headers
            .get(&FETCH_SITE)
            .is_some_and(|site| site == "cross-site");
        let page = headers
            .get(header::ORIGIN)
            .map(|it| it.to_str().unwrap_or(""));
        let foreign = page.is_some_and(|page| !self.has(page, headers));
        if cross_site || foreign {
            return refused("the cookie of refresh tokens is for pages of this server alone");
        }
        Ok(Some(token))
    }

    fn has(&self, page: &str, headers: &HeaderMap) -> bool {
        let host = headers.get(header::HOST).and_then(|it| it.to_str().ok());
        let same = |host: &str| page.split_once("://").is_some_and(|(_, it)| it == host);
        self.0.iter().any(|origin| origin == page) || host.is_some_and(same)
    }
}

/// Whether a request carries the header that no form of somebody else's can.
///
/// # Errors
///
/// 400 when it says anything but 1.
pub fn is_shown_to_be_ours(headers: &HeaderMap) -> Result<bool, Problem> {
    match headers.get(&CSRF_HEADER) {
        None => Ok(false),
        Some(value) if value == "1" => Ok(true),
        Some(_) => {
            let message = "must be 1, or be left out where the token is in the body";
            Err(Problem::malformed_header("X-CSRF-Protection", message))
        }
    }
}

/// An address without its path.
fn origin(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find('/').map_or(url.len(), |at| start + at);
    &url[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Result<Option<String>, Code> {
        let pages = OwnPages::new(
            "https://tickets.example/shop",
            &["https://app.example".into()],
        );
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, value.parse().unwrap());
        }
        let is_shown = is_shown_to_be_ours(&headers);
        let token = is_shown.and_then(|is_shown| pages.refresh_token(&headers, is_shown));
        token.map_err(|problem| problem.code())
    }

    const OURS: (&str, &str) = ("cookie", "a=b; __Secure-fullhouse_refresh=abc; c=d");
    const SHOWN: (&str, &str) = ("x-csrf-protection", "1");

    #[test]
    fn of_two_cookies_none_is_taken() {
        let two = "__Secure-fullhouse_refresh=abc; __Secure-fullhouse_refresh=def";
        assert_eq!(
            asked(&[("cookie", two), SHOWN]),
            Err(Code::MalformedRequest)
        );
        let other = ("cookie", "__Secure-fullhouse_refresh=def");
        assert_eq!(asked(&[OURS, other, SHOWN]), Err(Code::MalformedRequest));
    }

    #[test]
    fn a_cookie_is_taken_from_pages_of_ours() {
        let token = Ok(Some("abc".to_owned()));
        assert_eq!(asked(&[OURS, SHOWN]), token);
        for origin in [
            "https://tickets.example",
            "https://app.example",
            "http://127.0.0.1:8080",
        ] {
            let host = ("host", "127.0.0.1:8080");
            assert_eq!(asked(&[OURS, SHOWN, ("origin", origin), host]), token);
        }
        assert_eq!(asked(&[]), Ok(None));
        assert_eq!(
            asked(&[("cookie", "__Secure-fullhouse_refresh=")]),
            Ok(None)
        );
        assert_eq!(
            asked(&[("cookie", "x__Secure-fullhouse_refresh=abc")]),
            Ok(None)
        );
    }

    #[test]
    fn a_cookie_is_not_taken_from_others() {
        let refused = Err(Code::Forbidden);
        assert_eq!(asked(&[OURS]), refused);
        for value in ["", "0", "1, 1"] {
            let broken = asked(&[OURS, ("x-csrf-protection", value)]);
            assert_eq!(broken, Err(Code::MalformedRequest), "{value}");
        }
        for origin in [
            "https://evil.example",
            "null",
            "https://tickets.example.evil.example",
        ] {
            assert_eq!(
                asked(&[OURS, SHOWN, ("origin", origin)]),
                refused,
                "{origin}"
            );
        }
        assert_eq!(
            asked(&[OURS, SHOWN, ("sec-fetch-site", "cross-site")]),
            refused
        );
    }
}
