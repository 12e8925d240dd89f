//! JSON as programs send it: read once, strictly, and with whatever is wrong named by its place.
//!
//! `serde_json` and derived types read more than the contract says: an array for a struct, the last
//! of two members of one name, an object for an enum. What they refuse they explain in words of Rust.
//! [`read`] puts one layer between the two, which asks every value for what the type wants of it,
//! and says in words of JSON what else was sent. It costs the readers of good bodies next to nothing:
//! places and words are put together only on the way out of a failure.

mod fault;
mod keys;
pub mod path;
mod strict;
mod trail;
mod words;

use serde::Deserialize;
use serde::de::IgnoredAny;

pub use fault::JsonFault;
use strict::Strict;
use trail::Trail;
pub use words::of_error as why;

/// What some editors write before the text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a value from the whole of a text. What is no JSON is said before what has a wrong shape,
/// wherever either stands.
///
/// # Errors
///
/// [`JsonFault`] says what is wrong: empty, not UTF-8, not JSON, or a wrong shape and where.
pub fn read<'de, T: Deserialize<'de>>(text: &'de [u8]) -> Result<T, JsonFault> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let trail = Trail::default();
    let mut json = serde_json::Deserializer::from_slice(text);
    let value = T::deserialize(Strict::new(&mut json, &trail));
    let value = value.and_then(|value| json.end().map(|()| value));
    value.map_err(|error| fault(text, &error, trail))
}

fn fault(text: &[u8], error: &serde_json::Error, trail: Trail) -> JsonFault {
    if text.iter().all(u8::is_ascii_whitespace) {
        return JsonFault::Empty;
    }
    // Passing over a value does not look at its bytes.
    if std::str::from_utf8(text).is_err() {
        return JsonFault::NotUtf8;
    }
    if let Err(syntax) = serde_json::from_slice::<IgnoredAny>(text) {
        return JsonFault::NotJson(words::of_syntax(&syntax));
    }
    trail.into_fault(error)
}

#[cfg(test)]
mod tests;
