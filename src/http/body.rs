//! Reading request bodies: bounded, strict, and with the wrong field named.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use http_body_util::BodyExt;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::http::front::Front;
use crate::http::problem::{Code, FieldError, Problem};

/// A JSON body that must be there, and is small.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

/// A JSON body that may be as large as a house or a list of its places.
#[derive(Clone, Debug)]
pub struct HouseJson<T>(pub T);

/// A JSON body whose members are all optional, so that it may be left out.
#[derive(Clone, Debug)]
pub struct OptionalJson<T>(pub T);

/// A JSON body that may be as large as a seating plan.
#[derive(Clone, Debug)]
pub struct LargeJson<T>(pub T);

impl<S: Front, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, front: &S) -> Result<Self, Problem> {
        let bytes = read(request, front.limits().small_body_bytes_max).await?;
        parse(&bytes).map(Self)
    }
}

impl<S: Front, T: DeserializeOwned> FromRequest<S> for HouseJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, front: &S) -> Result<Self, Problem> {
        let bytes = read(request, front.limits().body_bytes_max).await?;
        parse(&bytes).map(Self)
    }
}

impl<S: Front, T: DeserializeOwned> FromRequest<S> for LargeJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, front: &S) -> Result<Self, Problem> {
        let bytes = read(request, front.limits().plan_bytes_max).await?;
        parse(&bytes).map(Self)
    }
}

impl<S: Front, T: DeserializeOwned + Default> FromRequest<S> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, front: &S) -> Result<Self, Problem> {
        let bytes = read(request, front.limits().small_body_bytes_max).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        parse(&bytes).map(Self)
    }
}

/// Bytes of a refused body that are still taken in, so that a client who is busy sending reads
/// the refusal instead of a broken connection.
const DRAINED_BYTES_MAX: usize = 16 << 20;

async fn read(request: Request, bytes_max: usize) -> Result<Bytes, Problem> {
    let (parts, mut body) = request.into_parts();
    let announced = announced(&parts.headers);
    if announced.is_some_and(|announced| refused_unread(announced, bytes_max, &parts.headers)) {
        return Err(too_large(announced, bytes_max));
    }
    let bytes = collect(&mut body, announced, bytes_max).await?;
    let bytes = bytes.ok_or_else(|| too_large(announced, bytes_max))?;
    if !bytes.is_empty() && !says_json(&parts.headers) {
        let detail = "the body must be JSON: Content-Type: application/json";
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    Ok(bytes)
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

/// A missing type is forgiven; another type is a mistake.
fn says_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let text = value.to_str().unwrap_or_default();
    let media = text.split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case("application/json") || media.ends_with("+json")
}

/// Parses a body; what is wrong with it is looked for only when something is.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // A derived struct would also be read from an array of its members.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(not_an_object(bytes));
    }
    match serde_json::from_slice(bytes) {
        Ok(body) => Ok(body),
        Err(error) => Err(explain::<T>(bytes, &error)),
    }
}

fn not_an_object(bytes: &[u8]) -> Problem {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        let detail = "the body is empty; send a JSON object";
        return Problem::new(Code::MalformedRequest, detail);
    }
    malformed(bytes).unwrap_or_else(|| Problem::invalid("body", "must be a JSON object"))
}

fn malformed(bytes: &[u8]) -> Option<Problem> {
    // Ignoring a value skips over its text without looking at it.
    if std::str::from_utf8(bytes).is_err() {
        return Some(Problem::new(
            Code::MalformedRequest,
            "the body is not UTF-8",
        ));
    }
    let syntax = serde_json::from_slice::<IgnoredAny>(bytes).err()?;
    Some(broken(&syntax))
}

fn broken(syntax: &serde_json::Error) -> Problem {
    let detail = format!("the body is not well-formed JSON: {syntax}");
    Problem::new(Code::MalformedRequest, detail)
}

fn explain<T: DeserializeOwned>(bytes: &[u8], error: &serde_json::Error) -> Problem {
    // A wrong shape may be met before broken JSON further on; broken JSON comes first.
    if let Some(problem) = malformed(bytes) {
        return problem;
    }
    if error.is_syntax() || error.is_eof() {
        return broken(error);
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let (field, message) = match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Ok(_) => (String::new(), error.to_string()),
        Err(error) => (error.path().to_string(), error.inner().to_string()),
    };
    let message = without_position(&message);
    let field = field_named(&field, &message);
    let detail = format!("{field}: {message}");
    Problem::new(Code::ValidationFailed, detail).with_errors(vec![FieldError { field, message }])
}

/// The message without "at line 1 column 7": the field says where.
fn without_position(message: &str) -> String {
    let end = message.rfind(" at line ").unwrap_or(message.len());
    message[..end].to_owned()
}

/// A missing or unknown field is named by the message, and its path ends at the object around it.
fn field_named(path: &str, message: &str) -> String {
    let quoted = ["missing field `", "unknown field `", "duplicate field `"]
        .iter()
        .find_map(|start| message.strip_prefix(start))
        .and_then(|rest| rest.split('`').next());
    let outer = if path == "." { "" } else { path };
    match quoted {
        Some(name) if outer.is_empty() => name.to_owned(),
        Some(name) if outer == name || outer.ends_with(&format!(".{name}")) => outer.to_owned(),
        Some(name) => format!("{outer}.{name}"),
        None if outer.is_empty() => "body".to_owned(),
        None => outer.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[serde(rename = "items")]
        _items: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[serde(rename = "count")]
        _count: u8,
    }

    fn refused(body: &[u8]) -> (Code, String) {
        let problem = parse::<Outer>(body).unwrap_err();
        let detail = problem.detail().to_owned();
        (problem.code(), detail)
    }

    #[test]
    fn wrong_shapes_name_their_field() {
        let cases = [
            (
                r#"{"items":[{"count":1},{"count":"x"}]}"#,
                "items[1].count: invalid type",
            ),
            (
                r#"{"items":[{"count":300}]}"#,
                "items[0].count: invalid value",
            ),
            (r#"{"items":[{}]}"#, "items[0].count: missing field"),
            (
                r#"{"items":[{"count":1,"n":2}]}"#,
                "items[0].n: unknown field",
            ),
            (r#"{"items":[],"x":1}"#, "x: unknown field"),
            (r#"{"items":[],"items":[]}"#, "items: duplicate field"),
            ("{}", "items: missing field"),
            ("[[]]", "body: must be a JSON object"),
            ("null", "body: must be a JSON object"),
        ];
        for (body, start) in cases {
            let (code, detail) = refused(body.as_bytes());
            assert_eq!(code, Code::ValidationFailed, "{body}");
            assert!(detail.starts_with(start), "{body}: {detail}");
            assert!(!detail.contains(" at line "), "{detail}");
        }
    }

    #[test]
    fn broken_json_is_malformed_even_after_a_wrong_shape() {
        let bodies: [&[u8]; 6] = [
            b"",
            b"  ",
            b"{",
            b"{\"items\":\"x\"",
            b"{\"items\": \xff\xfe}",
            b"{\"items\":[{\"count\":1}]} trailing",
        ];
        for body in bodies {
            assert_eq!(refused(body).0, Code::MalformedRequest, "{body:?}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(refused(deep.as_bytes()).0, Code::MalformedRequest);
    }
}
