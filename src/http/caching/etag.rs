//! Answers that a client may have already.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::compression::accepts_gzip;
use crate::http::answer::json_response;
use crate::http::budget::Shared;
use crate::http::problem::Problem;
use crate::http::seat_map_cache::Body;

/// Keep it, but ask before each use whether it still holds.
pub const REVALIDATE: &str = "no-cache";

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

/// The answer to a client who has this map or layout already, compressed or not.
pub fn unchanged(tag: &str, caching: &str) -> Response {
    let mut response = not_modified(tag, caching);
    set(&mut response, header::VARY, "accept-encoding");
    response
}

/// An answer with its tag, compressed for those who take it so.
///
/// # Errors
///
/// 503 when there is no room to compress it.
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

/// The answer, or that its reader has it already.
pub fn revalidated(headers: &HeaderMap, body: Bytes, tag: &str) -> Response {
    if matches(headers, tag) {
        return not_modified(tag, REVALIDATE);
    }
    let mut response = json_response(body);
    set(&mut response, header::ETAG, tag);
    set(&mut response, header::CACHE_CONTROL, REVALIDATE);
    response
}

/// Sets a header to a text of ours.
pub fn set(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
