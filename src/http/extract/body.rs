//! Reading request bodies: bounded, strict, and with the wrong field named.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRef, FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use bytes::Bytes;
use futures::FutureExt;
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::gate::{Gate, Limits};
use crate::http::problem::{Code, Problem};
use crate::json::{self, JsonFault, path};

/// A JSON body that must be there, and is small.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

/// A JSON body that may be as large as a layout or a list of its places.
#[derive(Clone, Debug)]
pub struct LayoutJson<T>(pub T);

/// A JSON body whose members are all optional, so that it may be left out.
#[derive(Clone, Debug)]
pub struct OptionalJson<T>(pub T);

/// A JSON body that may be as large as a seating plan.
#[derive(Clone, Debug)]
pub struct LargeJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T>
where
    Arc<Gate>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = read(request, limits(state).small_body_bytes_max).await?;
        parse(&bytes).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for LayoutJson<T>
where
    Arc<Gate>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = read(request, limits(state).body_bytes_max).await?;
        parse(&bytes).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send + 'static> FromRequest<S> for LargeJson<T>
where
    Arc<Gate>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = read(request, limits(state).plan_bytes_max).await?;
        // The largest keeps a thread for longer than a worker could be without.
        let parsed = spawn_blocking(move || parse(&bytes)).await;
        parsed.map_err(Problem::internal)?.map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalJson<T>
where
    Arc<Gate>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = read(request, limits(state).small_body_bytes_max).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        parse(&bytes).map(Self)
    }
}

/// The bytes of a small body.
pub(super) async fn read_small<S: Sync>(request: Request, state: &S) -> Result<Bytes, Problem>
where
    Arc<Gate>: FromRef<S>,
{
    read(request, limits(state).small_body_bytes_max).await
}

fn limits<S>(state: &S) -> Limits
where
    Arc<Gate>: FromRef<S>,
{
    Arc::<Gate>::from_ref(state).limits
}

/// Bytes of a refused body that are still taken in, so that a client who is busy sending reads
/// the refusal instead of a broken connection.
const DRAINED_BYTES_MAX: usize = 16 << 20;

async fn read(request: Request, bytes_max: usize) -> Result<Bytes, Problem> {
    let (parts, mut body) = request.into_parts();
    if !is_plain(&parts.headers) {
        let detail = "the body must come as it is, without a Content-Encoding";
        return Err(Problem::new(Code::UnsupportedMediaType, detail)
            .with_header(header::ACCEPT_ENCODING, IDENTITY));
    }
    let announced = announced(&parts.headers);
    if announced.is_some_and(|announced| refused_unread(announced, bytes_max, &parts.headers)) {
        return Err(too_large(announced, bytes_max));
    }
    let collecting = collect(&mut body, announced, bytes_max);
    tokio::pin!(collecting);
    let deadline = parts.extensions.get::<Deadline>();
    // Most bodies have come with their heads, and need no timer.
    let bytes = match (collecting.as_mut().now_or_never(), deadline) {
        (Some(collected), _) => collected?,
        (None, Some(Deadline(deadline))) => {
            let collected = tokio::time::timeout_at(*deadline, collecting).await;
            collected.map_err(|_elapsed| too_slow())??
        }
        (None, None) => collecting.await?,
    };
    let bytes = bytes.ok_or_else(|| too_large(announced, bytes_max))?;
    if !bytes.is_empty() && !says_json(&parts.headers) {
        let detail = "the body must be JSON and say so: Content-Type: application/json";
        return Err(Problem::new(Code::UnsupportedMediaType, detail)
            .with_header(header::ACCEPT, APPLICATION_JSON));
    }
    Ok(bytes)
}

/// Codings and types that a refusal says are taken.
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");
const APPLICATION_JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Until when a body has to have come: the deadline of its answer.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(pub Instant);

fn too_slow() -> Problem {
    let detail = "the body did not come in time; nothing was done: send the whole request again";
    Problem::new(Code::RequestTimeout, detail)
}

/// How long the body is, as its sender says.
fn announced(headers: &HeaderMap) -> Option<usize> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// Whether a body is refused before any of it is read: its sender waits for leave to send it, or is
/// about to send more than is worth taking in.
fn refused_unread(announced: usize, bytes_max: usize, headers: &HeaderMap) -> bool {
    let waits = headers.contains_key(header::EXPECT);
    announced > bytes_max && (waits || announced > DRAINED_BYTES_MAX)
}

fn too_large(announced: Option<usize>, bytes_max: usize) -> Problem {
    let detail = match announced {
        Some(sent) => format!("the body may have at most {bytes_max} bytes, not {sent}"),
        None => format!("the body may have at most {bytes_max} bytes, and more were sent"),
    };
    Problem::new(Code::PayloadTooLarge, detail)
}

/// The whole body, or `None` when it is too large. A body in one piece is not copied; one in several
/// takes the room that its sender announced, or else grows by a quarter at a time.
async fn collect(
    body: &mut Body,
    announced: Option<usize>,
    bytes_max: usize,
) -> Result<Option<Bytes>, Problem> {
    let mut first = Bytes::new();
    let mut whole = Vec::new();
    let mut received: usize = 0;
    let too_large = |received: usize| received.max(announced.unwrap_or(0)) > bytes_max;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            Problem::new(Code::MalformedRequest, "the body broke off").with_cause(error)
        })?;
        let Ok(piece) = frame.into_data() else {
            continue;
        };
        received = received.saturating_add(piece.len());
        if too_large(received) {
            (first, whole) = (Bytes::new(), Vec::new());
            if received > DRAINED_BYTES_MAX.max(bytes_max) {
                return Ok(None);
            }
        } else if received == piece.len() {
            first = piece;
        } else {
            if whole.is_empty() {
                whole.reserve_exact(announced.unwrap_or(0).max(received));
                whole.extend_from_slice(&std::mem::take(&mut first));
            } else if received > whole.capacity() {
                whole.reserve_exact(piece.len().max(whole.len() / 4));
            }
            whole.extend_from_slice(&piece);
        }
    }
    if too_large(received) {
        return Ok(None);
    }
    Ok(Some(if whole.is_empty() {
        first
    } else {
        Bytes::from(whole)
    }))
}

/// A missing type is forgiven; another type is a mistake. Types are the same in any case.
fn says_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let text = value.to_str().unwrap_or_default();
    let media = text.split(';').next().unwrap_or_default().trim();
    let Some((kind, subtype)) = media.split_once('/') else {
        return false;
    };
    let suffix = subtype.rsplit_once('+').map(|(_, suffix)| suffix);
    !kind.is_empty()
        && (media.eq_ignore_ascii_case("application/json")
            || suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case("json")))
}

/// Whether the body comes as it is. Decompressing what anybody sends would take memory that its
/// length does not tell.
fn is_plain(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(header::CONTENT_ENCODING).iter();
    let mut codings = codings.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    codings.all(|coding| {
        let coding = coding.trim_ascii();
        coding.is_empty() || coding.eq_ignore_ascii_case(b"identity")
    })
}

/// Parses a body; what is wrong with it is put into words only when something is.
///
/// # Errors
///
/// 400 when it is not JSON, 422 with the place named when it has a wrong shape.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    json::read(bytes).map_err(of_fault)
}

/// The problem for a body that was not read.
pub fn of_fault(fault: JsonFault) -> Problem {
    let malformed = |detail: Cow<'static, str>| Problem::new(Code::MalformedRequest, detail);
    match fault {
        JsonFault::Empty => malformed("the body is empty; send a JSON object".into()),
        JsonFault::NotUtf8 => malformed("the body is not UTF-8, in which all JSON is sent".into()),
        JsonFault::NotJson(syntax) => {
            malformed(format!("the body is not well-formed JSON: {syntax}").into())
        }
        JsonFault::Shape { path, message } if path.is_empty() => Problem::invalid_body(message),
        JsonFault::Shape { path, message } => Problem::invalid(path::field(&path), message),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[serde(rename = "count")]
        _count: u8,
    }

    #[test]
    fn a_fault_is_a_problem_that_names_its_place() {
        let cases = [
            ("", Code::MalformedRequest, "the body is empty"),
            (
                "{",
                Code::MalformedRequest,
                "the body is not well-formed JSON: it ends too early",
            ),
            (
                "[[]]",
                Code::ValidationFailed,
                "body: must be an object, not an array",
            ),
            ("{}", Code::ValidationFailed, "count: is missing"),
        ];
        for (body, code, start) in cases {
            let problem = parse::<Outer>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.code(), code, "{body}");
            assert!(problem.detail().starts_with(start), "{}", problem.detail());
        }
        let deep = "[".repeat(100_000);
        let problem = parse::<Outer>(deep.as_bytes()).unwrap_err();
        assert_eq!(problem.code(), Code::MalformedRequest);
    }

    #[test]
    fn only_what_is_said_to_be_something_else_is_no_json() {
        let says = |kind: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
            says_json(&headers)
        };
        assert!(says_json(&HeaderMap::new()));
        for kind in [
            "application/json",
            "APPLICATION/JSON",
            "application/json ; charset=utf-8",
            "application/vnd.api+json",
            "application/vnd.api+JSON",
            "Application/Merge-Patch+Json;x=y",
        ] {
            assert!(says(kind), "{kind}");
        }
        for kind in [
            "",
            "json",
            "text/plain",
            "application/json5",
            "application/+",
            "+json",
            "text/+json x",
        ] {
            assert!(!says(kind), "{kind}");
        }
    }
}
