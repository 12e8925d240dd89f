//! Cookies of a request.

use axum::http::{HeaderMap, header};

use crate::http::problem::Problem;

/// The value of a cookie; nothing when there is none, or it is empty. Another page of the same site may
/// have added one of its own: then nobody knows whose counts.
///
/// # Errors
///
/// 400 when there are two of this name.
pub fn cookie(headers: &HeaderMap, name: &str) -> Result<Option<String>, Problem> {
    let all = headers.get_all(header::COOKIE).iter();
    let pairs = all.filter_map(|value| value.to_str().ok());
    let pairs = pairs.flat_map(|text| text.split(';')).map(str::trim);
    let mut values = pairs.filter_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let value = values.next().filter(|value| !value.is_empty());
    if values.next().is_some() {
        let message = format!("has {name} twice: take both out, and sign in");
        return Err(Problem::malformed_header("Cookie", message));
    }
    Ok(value.map(str::to_owned))
}
