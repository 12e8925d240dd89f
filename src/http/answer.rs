//! Successes as answers of HTTP.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;

use crate::wire::{CursorPage, Envelope};

/// Marks an answer that people read, and that is no problem document though it may be a failure.
#[derive(Clone, Copy, Debug)]
pub struct PageForPeople;

impl<T: Serialize> IntoResponse for Envelope<T> {
    fn into_response(self) -> Response {
        json_response(json_bytes(&self))
    }
}

impl<T: Serialize> IntoResponse for CursorPage<T> {
    fn into_response(self) -> Response {
        json_response(json_bytes(&self))
    }
}

/// Serialises into a buffer that most answers fit in. Our bodies have string keys and cannot fail.
pub fn json_bytes(body: &impl Serialize) -> Bytes {
    let mut buffer = Vec::with_capacity(1_024);
    match serde_json::to_writer(&mut buffer, body) {
        Ok(()) => buffer.into(),
        Err(error) => {
            tracing::error!(error = %error, "a response body could not be written");
            Bytes::new()
        }
    }
}

/// A response of ready JSON bytes.
pub fn json_response(body: Bytes) -> Response {
    let mut response = Response::new(body.into());
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
