//! The answer to what is no request: the HTTP library refuses it by itself, with a bare status, and
//! no route and no edge ever hears of it.

use axum::body::HttpBody;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use futures::FutureExt;
use http_body_util::BodyExt;
use hyper::body::Frame;
use metrics::counter;

use super::future;
use super::request_id::RequestId;
use crate::http::problem::{Code, Problem};
use crate::telemetry::names;

/// Bytes of an answer's head without the rest.
const HEAD_BYTES: usize = 1_024;

/// A problem document as bytes of HTTP/1.1, with all that our answers have. Nothing is known of the
/// request, so its path is left empty; the connection ends with it, because where the next request
/// would begin is not known either.
pub fn answer(status: StatusCode) -> Vec<u8> {
    let code = Code::of_status(status);
    let detail = if code == Code::HeadersTooLarge {
        "a request may have 64 headers, and 32 KiB of path, query and headers together; send fewer or shorter ones"
    } else {
        "this cannot be read as HTTP: send METHOD PATH HTTP/1.1 with blanks of the path as %20, and then one header a line"
    };
    let id = RequestId::of(&HeaderMap::new());
    let problem = Problem::new(code, detail);
    let mut response = code.status().into_response();
    problem.write(&mut response, "", id.as_str());
    future::dress(response.headers_mut(), &id);
    counter!(names::HTTP_PROBLEMS, "code" => code.as_str()).increment(1);
    tracing::debug!(request.id = id.as_str(), detail, "a request was refused");
    let (parts, mut body) = response.into_parts();
    let length = body.size_hint().exact().unwrap_or(0);
    let mut bytes = Vec::with_capacity(HEAD_BYTES);
    let mut line = |name: &[u8], value: &[u8]| {
        bytes.extend_from_slice(name);
        bytes.extend_from_slice(value);
        bytes.extend_from_slice(b"\r\n");
    };
    line(b"HTTP/1.1 ", parts.status.to_string().as_bytes());
    for (name, value) in &parts.headers {
        line(format!("{name}: ").as_bytes(), value.as_bytes());
    }
    line(b"content-length: ", length.to_string().as_bytes());
    line(b"connection: ", b"close");
    line(b"", b"");
    // It is there in one piece.
    let piece = body.frame().now_or_never().flatten();
    if let Some(Ok(Ok(piece))) = piece.map(|frame| frame.map(Frame::into_data)) {
        bytes.extend_from_slice(&piece);
    }
    bytes
}
