//! The shape of every success.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use utoipa::ToSchema;

/// Every success: `{"success": true, "data": …}`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Envelope<T> {
    /// Always true.
    pub success: bool,
    /// The answer.
    pub data: T,
    /// Paging, of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<PageMeta>,
}

/// Where a page stands in its list.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct PageMeta {
    /// Which page, from 1.
    pub page: u32,
    /// Entries of a page.
    pub limit: u32,
    /// Entries in all.
    pub total: u64,
    /// Pages in all.
    pub total_pages: u64,
}

/// A page of a list that is read on from where the page before ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct CursorPage<T> {
    /// Always true.
    pub success: bool,
    /// The answer.
    pub data: T,
    /// Where to read on.
    pub meta: CursorMeta,
}

/// Where to read on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CursorMeta {
    /// Entries of a page.
    pub limit: u32,
    /// The `cursor` of the next page; nothing on the last one.
    pub next_cursor: Option<String>,
}

impl<T> CursorPage<T> {
    /// This much of a list.
    pub const fn of(answer: T, limit: u32, next_cursor: Option<String>) -> Self {
        Self {
            success: true,
            data: answer,
            meta: CursorMeta { limit, next_cursor },
        }
    }
}

impl<T: Serialize> IntoResponse for CursorPage<T> {
    fn into_response(self) -> Response {
        json_response(json_bytes(&self))
    }
}

impl<T> Envelope<T> {
    /// An answer that is not a list.
    pub const fn of(answer: T) -> Self {
        Self {
            success: true,
            data: answer,
            meta: None,
        }
    }

    /// A page of a list.
    pub const fn page(answer: T, meta: PageMeta) -> Self {
        Self {
            success: true,
            data: answer,
            meta: Some(meta),
        }
    }
}

impl<T: Serialize> IntoResponse for Envelope<T> {
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
