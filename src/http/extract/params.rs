//! Query parameters, with the wrong one named.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::http::problem::Problem;
use crate::http::state::App;

/// The query as `T`, whose members are all optional text: [`number`] and its like parse them.
#[derive(Clone, Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, Problem> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(params)) => Ok(Self(params)),
            // The edge has let only known parameters through, each once.
            Err(rejection) => Err(Problem::invalid_parameter("query", rejection.body_text())),
        }
    }
}

/// The largest number of an entry that is asked for: every JSON reader knows it exactly, and no
/// showtime comes near it.
pub const SEQ_MAX: u64 = (1 << 53) - 1;

/// Characters of a value that are repeated to its sender.
const SHOWN_CHARS_MAX: usize = 64;

/// A whole number between two bounds, or the usual one when it is left out.
///
/// # Errors
///
/// 422 when it is not a number or out of bounds.
pub fn number(
    name: &str,
    text: Option<&str>,
    bounds: std::ops::RangeInclusive<u64>,
    usual: u64,
) -> Result<u64, Problem> {
    let Some(text) = text else {
        return Ok(usual);
    };
    // A sign is none of the digits that the description allows.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text
        .parse()
        .ok()
        .filter(|number| digits && bounds.contains(number));
    number.ok_or_else(|| {
        let (from, to) = (bounds.start(), bounds.end());
        let shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
        let message = format!("must be a whole number from {from} to {to}, not {shown:?}");
        Problem::invalid_parameter(name, message)
    })
}
