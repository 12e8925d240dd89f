//! Drives one request: its deadline, its panics, its problem document.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use http_body_util::BodyExt;
use hyper::body::Frame;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep};

use super::request_id::RequestId;
use super::visit::Visit;
use super::{observe, request_id};
use crate::http::answer::PageForPeople;
use crate::http::budget::{ANSWER_BYTES_SMALL, NoRoom, Shared};
use crate::http::pages::failure;
use crate::http::problem::{Code, MEDIA_TYPE, Problem};

pin_project! {
    /// The answer to one request, on its way.
    #[derive(Debug)]
    pub struct EdgeFuture<F> {
        #[pin]
        inner: Option<F>,
        // Of a request that the door refused.
        refused: Option<Problem>,
        #[pin]
        deadline: Sleep,
        visit: Visit,
    }
}

impl<F> EdgeFuture<F> {
    pub(super) fn new(inner: Result<F, Problem>, visit: Visit, deadline: Instant) -> Self {
        let (inner, refused) = match inner {
            Ok(inner) => (Some(inner), None),
            Err(problem) => (None, Some(problem)),
        };
        Self {
            inner,
            refused,
            deadline: tokio::time::sleep_until(deadline),
            visit,
        }
    }
}

impl<F> Future for EdgeFuture<F>
where
    F: Future<Output = Result<Response, Infallible>>,
{
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let entered = this.visit.span.enter();
        let response = match this.inner.as_pin_mut() {
            None => match this.refused.take() {
                Some(problem) => problem.into_response(),
                None => return Poll::Pending,
            },
            // The response of a panicked handler is ours, and its state is dropped with it. A handler
            // that waits for the body has the same deadline, and is asked first what became of it.
            Some(inner) => match catch_unwind(AssertUnwindSafe(|| inner.poll(cx))) {
                Ok(Poll::Ready(Ok(response))) => response,
                Ok(Poll::Pending) => {
                    ready!(this.deadline.poll(cx));
                    too_late().into_response()
                }
                Err(panic) => Problem::internal(panic_message(&*panic)).into_response(),
            },
        };
        let response = finish(response, this.visit);
        drop(entered);
        Poll::Ready(Ok(response))
    }
}

const RETRY_AFTER: Duration = Duration::from_millis(500);

fn too_late() -> Problem {
    let detail = "the answer took too long, and may still be made; send the same request with the same Idempotency-Key again: it is done at most once";
    Problem::new(Code::TimedOut, detail).with_retry_after(RETRY_AFTER)
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a handler panicked: {}", text.unwrap_or("no message"))
}

fn finish(response: Response, visit: &Visit) -> Response {
    let mut response = accounted(response, visit);
    let problem = response.extensions_mut().remove::<Problem>();
    let problem = problem.or_else(|| foreign_failure(&response));
    if let Some(problem) = &problem {
        problem.write(&mut response, &visit.path, visit.id.as_str());
        if failure::is_read_at(&visit.path) {
            failure::show(problem, visit.id.as_str(), &mut response);
        }
    }
    if let Some(standing) = &visit.standing {
        standing.write_unless_told(response.headers_mut());
    }
    dress(response.headers_mut(), &visit.id);
    if visit.over_tls {
        let headers = response.headers_mut();
        headers.insert(header::STRICT_TRANSPORT_SECURITY, ALWAYS_TLS);
    }
    observe::answered(&response, visit, problem.as_ref());
    response
}

/// For two years, as browsers' preload lists want it; said only where the client speaks TLS.
const ALWAYS_TLS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// Adds what every answer has.
pub(super) fn dress(headers: &mut HeaderMap, id: &RequestId) {
    headers.insert(request_id::HEADER, id.header());
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        // Answers are read by programs; a browser that is shown one runs nothing from it.
        let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
        headers.insert(header::CONTENT_SECURITY_POLICY, nothing);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// The answer with its memory accounted for, or the news that there is none for it. Small ones over
/// HTTP/1 are bounded by the connections, and what many share was accounted for when it was made. The
/// answer to a change is sent in any case: it is made already, and its sender has a token.
fn accounted(response: Response, visit: &Visit) -> Response {
    let bytes = response.body().size_hint().exact().unwrap_or(0);
    let small = bytes <= ANSWER_BYTES_SMALL && !visit.multiplexed;
    if bytes == 0 || small || !visit.method.is_safe() {
        return response;
    }
    let (parts, mut body) = response.into_parts();
    // Every body of ours is there in one piece.
    let piece = body.frame().now_or_never().flatten();
    let Some(Ok(Ok(piece))) = piece.map(|frame| frame.map(Frame::into_data)) else {
        return Problem::internal("an answer was not there in one piece").into_response();
    };
    let piece = if parts.extensions.get::<Shared>().is_some() {
        visit.answers.send(piece, visit.client)
    } else {
        visit.answers.weigh(piece, visit.client)
    };
    match piece {
        Ok(piece) => Response::from_parts(parts, Body::from(piece)),
        Err(no_room) => problem_of(no_room).into_response(),
    }
}

/// Why an answer is not sent now.
fn problem_of(no_room: NoRoom) -> Problem {
    let (code, detail) = match no_room {
        NoRoom::Full => (
            Code::Overloaded,
            "as many answers are on their way as the server has memory for",
        ),
        NoRoom::Untaken => (
            Code::RateLimited,
            "as many answers are on their way to your address as one address may have: take those first",
        ),
    };
    Problem::new(code, detail).with_retry_after(RETRY_AFTER)
}

/// What is said of an address that no route has.
const NOTHING_HERE: &str = "there is nothing at this address; /api/v1/openapi.json lists those that there are, none of which ends in a slash";

/// A failure that the router or a library answered in its own shape.
fn foreign_failure(response: &Response) -> Option<Problem> {
    let status = response.status();
    let failed = status.is_client_error() || status.is_server_error();
    let is_page = response.extensions().get::<PageForPeople>().is_some();
    if !failed || is_page || response.headers().get(header::CONTENT_TYPE) == Some(&MEDIA_TYPE) {
        return None;
    }
    let code = Code::of_status(status);
    let detail = if code == Code::NotFound {
        NOTHING_HERE
    } else if code == Code::MethodNotAllowed {
        "this address takes other methods; the header Allow names them"
    } else {
        code.title()
    };
    Some(Problem::new(code, detail))
}
