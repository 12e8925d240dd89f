//! Answers that a client may have already: entity tags, and compression made once for all.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::http::budget::Shared;
use crate::http::problem::Problem;
use crate::http::seat_maps::Body;
use crate::http::wire::json_response;

/// Keep it, but ask before each use whether it still holds.
pub const REVALIDATE: &str = "no-cache";

/// Whether the client takes compressed answers, and not plain ones rather (RFC 9110, 12.5.3).
pub fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING);
    let codings = values
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|all| all.split(','));
    let (mut gzip, mut identity, mut others) = (None, None, None);
    for (name, weight) in codings.map(weighed) {
        let known = if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
            &mut gzip
        } else if name.eq_ignore_ascii_case("identity") {
            &mut identity
        } else if name == "*" {
            &mut others
        } else {
            continue;
        };
        *known = Some(weight);
    }
    let gzip = gzip.or(others).unwrap_or(0);
    // Plain answers are taken when nothing is said of them, but as a last resort.
    gzip > 0 && identity.is_none_or(|identity| gzip >= identity)
}

/// A coding with its weight in thousandths. One that cannot be read is not asked for.
fn weighed(coding: &str) -> (&str, u32) {
    let mut parts = coding.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let weight = parts.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    (
        name,
        weight.map_or(WEIGHT_MAX, |weight| thousandths(weight).unwrap_or(0)),
    )
}

/// Of what is asked for without a weight.
const WEIGHT_MAX: u32 = 1_000;

/// A weight: `0` to `1` with at most three digits behind the point.
fn thousandths(weight: &str) -> Option<u32> {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if fraction.len() > 3 || !digits(fraction) || !matches!(whole, "0" | "1") {
        return None;
    }
    let thousandths = format!("{whole}{fraction:0<3}").parse().ok()?;
    (thousandths <= WEIGHT_MAX).then_some(thousandths)
}

/// Whether the client has this already. Weak comparison, as for every GET.
pub fn matches(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH);
    let mut tags = values
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|all| all.split(','));
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    tags.any(|known| known.trim() == "*" || strong(known) == strong(tag))
}

/// The answer to a client who has it already, with what the whole answer would say of how long it may
/// be kept.
pub fn not_modified(tag: &str, caching: &str) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    set(&mut response, header::ETAG, tag);
    set(&mut response, header::CACHE_CONTROL, caching);
    response
}

/// An answer with its tag, compressed for those who take it so.
pub async fn tagged(
    headers: &HeaderMap,
    body: &Body,
    tag: &str,
    caching: &str,
) -> Result<Response, Problem> {
    let compressed = if accepts_gzip(headers) {
        body.gzip().await?
    } else {
        None
    };
    let is_compressed = compressed.is_some();
    let mut response = json_response(compressed.unwrap_or_else(|| body.plain()));
    response.extensions_mut().insert(Shared);
    if is_compressed {
        set(&mut response, header::CONTENT_ENCODING, "gzip");
    }
    set(&mut response, header::VARY, "accept-encoding");
    set(&mut response, header::ETAG, tag);
    set(&mut response, header::CACHE_CONTROL, caching);
    Ok(response)
}

/// Sets a header to a text of ours.
pub fn set(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes_gzip(accepted: &[&str]) -> bool {
        let values = accepted.iter().map(|value| value.parse().unwrap());
        accepts_gzip(
            &values
                .map(|value| (header::ACCEPT_ENCODING, value))
                .collect(),
        )
    }

    #[test]
    fn a_weight_of_nothing_is_no_however_it_is_written() {
        let wanted: [&[&str]; 12] = [
            &["gzip"],
            &["GZip"],
            &["x-gzip"],
            &["br, gzip;q=0.001"],
            &["br", "gzip"],
            &["gzip ; Q = 0.5"],
            &["*"],
            &["identity;q=0, *"],
            &["gzip, identity;q=0"],
            &["gzip;q=0.5, identity;q=0.5"],
            &["gzip;level=1;q=1.000"],
            &["gzip;q=0.3, *;q=0"],
        ];
        for accepted in wanted {
            assert!(takes_gzip(accepted), "{accepted:?}");
        }
        let unwanted: [&[&str]; 14] = [
            &[],
            &[""],
            &["br"],
            &["identity"],
            &["gzip;q=0"],
            &["gzip;Q=0"],
            &["gzip; q=0.000"],
            &["gzip;level=1;q=0"],
            &["*;q=0"],
            &["*, gzip;q=0"],
            &["gzip;q=0.4, identity;q=0.5"],
            &["gzip;q=2"],
            &["gzip;q=0.0001"],
            &["identity;q=0"],
        ];
        for accepted in unwanted {
            assert!(!takes_gzip(accepted), "{accepted:?}");
        }
    }
}
