//! RFC 9457 problem documents: the one shape of every failure.
//!
//! A handler returns a [`Problem`]; the edge ([`crate::http::edge`]) writes the document, because
//! only it knows the request's id and path.

mod code;
mod mapping;
pub mod pages;
mod standing;
#[cfg(test)]
mod tests;
mod words;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::json::path;

pub use code::Code;
pub use mapping::{of_call_error, of_faults, of_rejection, of_store};
pub use standing::RateStanding;
pub(crate) use words::{NO_SUCH_BOOKING, NO_SUCH_HOLD};

/// The media type of a problem document.
pub const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// A failure on its way to the client.
#[derive(Clone, Debug)]
pub struct Problem(Arc<Details>);

/// What a failure says besides its code.
#[derive(Clone, Debug)]
struct Details {
    code: Code,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    part: RequestPart,
    conflicts: Vec<ConflictDocument>,
    retry_after: Option<Duration>,
    /// A header that says what would be taken instead.
    header: Option<(HeaderName, HeaderValue)>,
    /// Of a limit that was passed.
    standing: Option<RateStanding>,
    /// For the log only; a client never sees it.
    cause: Option<String>,
}

/// One field that is wrong.
#[derive(Clone, Debug)]
pub struct FieldError {
    /// The field, as [`crate::json::path`] writes places.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

/// Which part of a request the wrong fields stand in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum RequestPart {
    #[default]
    Body,
    Query,
    Header,
}

/// One field that is wrong, as the client reads it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldError)]
struct FieldErrorDocument<'a> {
    /// The field: a place in the body, or the name of a query parameter or a header. A key of the body
    /// that is no plain word is quoted, as in `prices["a.b"].amount`.
    #[schema(example = "seats[3]")]
    field: &'a str,
    /// The same place of the body as a JSON pointer (RFC 6901); empty for the body as a whole. It is
    /// left out when the field is no part of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/seats/3")]
    pointer: Option<String>,
    /// What is wrong with it.
    #[schema(example = "there is no seat \"ORCH-Z-99\" in this showtime")]
    message: &'a str,
}

/// One place that is not to be had.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConflictDocument {
    /// The seat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seat_id: Option<String>,
    /// Or the area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// What it is now.
    #[schema(example = "RESERVED")]
    pub status: &'static str,
    /// Of an area: how many places of it are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available: Option<u32>,
}

/// The document as the client reads it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemDocument<'a> {
    /// Where the kind of problem is explained, on this server.
    #[serde(rename = "type")]
    #[schema(example = "/problems/seats-unavailable")]
    kind: String,
    /// The kind of problem in a few words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened here.
    detail: &'a str,
    /// The path that was asked.
    instance: &'a str,
    /// Always false.
    success: bool,
    /// The same as `detail`.
    message: &'a str,
    /// The kind of problem for programs.
    #[schema(example = "SEATS_UNAVAILABLE")]
    code: &'static str,
    /// Quote it when you ask for help.
    request_id: &'a str,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldErrorDocument<'a>],
    /// The places that are not to be had.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    conflicts: &'a [ConflictDocument],
    /// When a retry makes sense.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
}

/// When a refused client may come again, for the code that serves its connection.
#[derive(Clone, Copy, Debug)]
pub struct RetryAfter(pub Duration);

impl Problem {
    /// A failure of a kind, with what happened in one sentence.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Arc::new(Details {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            part: RequestPart::Body,
            conflicts: Vec::new(),
            retry_after: None,
            header: None,
            standing: None,
            cause: None,
        }))
    }

    /// A well-formed request with one wrong field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        let (field, message) = (field.into(), message.into());
        let detail = format!("{field}: {message}");
        Self::new(Code::ValidationFailed, detail).with_errors(vec![FieldError { field, message }])
    }

    /// A body that is wrong as a whole.
    pub fn invalid_body(message: impl Into<String>) -> Self {
        Self::invalid(WHOLE_BODY, message)
    }

    /// A wrong query parameter.
    pub fn invalid_parameter(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid(name, message).of_part(RequestPart::Query)
    }

    /// A header whose value is well-formed and cannot be.
    pub fn invalid_header(name: &str, message: impl Into<String>) -> Self {
        Self::invalid(name, message).of_part(RequestPart::Header)
    }

    /// A header that cannot be read, or of which it is not known which of its values counts.
    pub fn malformed_header(name: &str, message: impl Into<String>) -> Self {
        let (field, message) = (name.to_owned(), message.into());
        let detail = format!("{field}: {message}");
        Self::new(Code::MalformedRequest, detail)
            .with_errors(vec![FieldError { field, message }])
            .of_part(RequestPart::Header)
    }

    fn of_part(mut self, part: RequestPart) -> Self {
        Arc::make_mut(&mut self.0).part = part;
        self
    }

    /// Nothing of that kind and name.
    pub fn not_found(noun: &str, id: impl fmt::Display) -> Self {
        let id: String = id.to_string().chars().take(SHOWN_CHARS_MAX).collect();
        Self::new(Code::NotFound, format!("there is no {noun} {id:?}"))
    }

    /// A fault of the server's own, whose cause goes to the log and not to the client.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(
            Code::InternalError,
            "the server failed; it may have done what was asked: look before you send it again, and tell the request_id to whoever runs it",
        )
        .with_cause(cause)
    }

    /// Names the fields that are wrong.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        Arc::make_mut(&mut self.0).errors = errors;
        self
    }

    /// Names the places that are not to be had.
    #[must_use]
    pub fn with_conflicts(mut self, conflicts: Vec<ConflictDocument>) -> Self {
        Arc::make_mut(&mut self.0).conflicts = conflicts;
        self
    }

    /// Says when a retry makes sense; up to half of it is added at random, so that clients who
    /// were refused together do not come back together.
    #[must_use]
    pub fn with_retry_after(mut self, after: Duration) -> Self {
        let millis = u64::try_from(after.as_millis())
            .unwrap_or(u64::MAX)
            .clamp(1, RETRY_MS_MAX);
        let jitter = rand::random_range(0..=millis / 2);
        Arc::make_mut(&mut self.0).retry_after = Some(Duration::from_millis(millis + jitter));
        self
    }

    /// Says when exactly a retry makes sense, to somebody who alone waits for that.
    #[must_use]
    pub fn with_retry_in(mut self, after: Duration) -> Self {
        Arc::make_mut(&mut self.0).retry_after = Some(after);
        self
    }

    /// Says which limit was passed.
    #[must_use]
    pub fn with_standing(mut self, standing: RateStanding) -> Self {
        Arc::make_mut(&mut self.0).standing = Some(standing);
        self
    }

    /// Says in a header what would be taken.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        Arc::make_mut(&mut self.0).header = Some((name, value));
        self
    }

    /// Adds what only the log may know.
    #[must_use]
    pub fn with_cause(mut self, cause: impl fmt::Display) -> Self {
        Arc::make_mut(&mut self.0).cause = Some(cause.to_string());
        self
    }

    /// Its kind.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// When a retry makes sense.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// What happened.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// What only the log may know.
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// Writes the document over the response that carried it here.
    pub fn write(&self, response: &mut Response, instance: &str, request_id: &str) {
        let details = &*self.0;
        let errors: Vec<_> = details
            .errors
            .iter()
            .map(|it| details.part.shown(it))
            .collect();
        let document = ProblemDocument {
            kind: format!("/problems/{}", details.code.slug()),
            title: details.code.title(),
            status: details.code.status().as_u16(),
            detail: &details.detail,
            instance,
            success: false,
            message: &details.detail,
            code: details.code.as_str(),
            request_id,
            errors: &errors,
            conflicts: &details.conflicts,
            retry_after_ms: details.retry_after.map(millis),
        };
        let body = serde_json::to_vec(&document).unwrap_or_default();
        *response.status_mut() = details.code.status();
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, MEDIA_TYPE);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(after) = details.retry_after {
            let seconds = millis(after).div_ceil(1_000).max(1);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some((name, value)) = &details.header {
            headers.insert(name, value.clone());
        }
        if let Some(standing) = &details.standing {
            standing.write(headers);
        }
        if details.code.status() == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        *response.body_mut() = body.into();
        if let Some(after) = details.retry_after {
            response.extensions_mut().insert(RetryAfter(after));
        }
    }
}

/// How the body as a whole is named among fields.
const WHOLE_BODY: &str = "body";

impl RequestPart {
    /// An error as the client reads it.
    fn shown(self, error: &FieldError) -> FieldErrorDocument<'_> {
        FieldErrorDocument {
            field: &error.field,
            pointer: (self == Self::Body).then(|| match error.field.as_str() {
                WHOLE_BODY => String::new(),
                field => path::pointer(field),
            }),
            message: &error.message,
        }
    }
}

/// Characters of a client's own text that a problem repeats.
const SHOWN_CHARS_MAX: usize = 64;

/// No client is asked to wait longer than this before the jitter: as long as a mail of one kind takes to be
/// due again.
const RETRY_MS_MAX: u64 = 300_000;

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
