//! Serves the requests of one connection: asks the door, then the router, and sees to it that a
//! request keeps its places until its answer is taken.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use hyper::body::{Body as _, Incoming};
use hyper::service::Service;
use hyper::{Request, StatusCode};
use pin_project_lite::pin_project;
use tokio::time::Sleep;
use tower::Service as _;

use super::answer::{AnswerBody, Served};
use super::bandwidth::Bandwidth;
use super::progress::Progress;
use super::visitor::{Parked, Visit, Visitor};
use crate::http::door::{Admitted, Door, Head, Knock, OverTls, Refused};
use crate::http::problem::{Code, RateStanding, RetryAfter};

/// Stands at one connection.
#[derive(Clone, Debug)]
pub(super) struct Doorman(Arc<Post>);

#[derive(Debug)]
struct Post {
    door: Door,
    router: Router,
    visitor: Arc<Visitor>,
    bandwidth: Arc<Bandwidth>,
    /// Whether this connection answers for how it is used: one of a proxy carries everybody's
    /// requests, and does not.
    answerable: bool,
}

/// Longest time for which a connection's requests are not looked at.
const HELD_OFF_MAX: Duration = Duration::from_secs(15);

/// What a request is answered with.
type DoormanResponse = hyper::Response<AnswerBody>;

pin_project! {
    /// One request being answered.
    pub(super) struct Answering {
        post: Arc<Post>,
        visit: Option<Visit>,
        admitted: Option<Admitted>,
        standing: Option<RateStanding>,
        is_hold: bool,
        #[pin]
        step: Step,
    }
}

pin_project! {
    #[project = StepNow]
    enum Step {
        // A request of a connection whose last one was refused lately: it was told when to come again.
        // Until then the connection counts as idle, so that nobody can fill all places by waiting.
        Waiting {
            pause: Pin<Box<Sleep>>,
            request: Option<Box<Request<Incoming>>>,
            parked: Option<Parked>,
        },
        Routed {
            #[pin]
            answer: RouteFuture<Infallible>,
        },
    }
}

impl Doorman {
    pub(super) fn new(
        door: Door,
        router: Router,
        visitor: Arc<Visitor>,
        bandwidth: Arc<Bandwidth>,
    ) -> Self {
        Self(Arc::new(Post {
            answerable: !door.is_proxy(visitor.peer()),
            door,
            router,
            visitor,
            bandwidth,
        }))
    }
}

impl Service<Request<Incoming>> for Doorman {
    type Response = DoormanResponse;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, request: Request<Incoming>) -> Answering {
        let post = Arc::clone(&self.0);
        let is_hold = post.answerable && post.head(&request).held_showtime().is_some();
        let pause = post.visitor.held_off().held_off_for(is_hold);
        let mut admitted = None;
        let mut standing = None;
        let mut visit = None;
        let parked = pause.and_then(|pause| Some((pause, post.visitor.park()?)));
        let step = if let Some((pause, parked)) = parked {
            Step::Waiting {
                pause: Box::pin(tokio::time::sleep(pause)),
                request: Some(Box::new(request)),
                parked: Some(parked),
            }
        } else {
            visit = Some(post.visitor.begin());
            post.let_in(request, &mut admitted, &mut standing)
        };
        Answering {
            post,
            visit,
            admitted,
            standing,
            is_hold,
            step,
        }
    }
}

impl Post {
    fn head<'a>(&self, request: &'a Request<Incoming>) -> Head<'a> {
        Head {
            peer: self.visitor.peer(),
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            returns: self.visitor.held_off().returns(),
        }
    }

    /// Routes a request. One that the door refuses goes the same way, marked, so that its answer
    /// has all that an answer has.
    fn let_in(
        &self,
        mut request: Request<Incoming>,
        admitted: &mut Option<Admitted>,
        standing: &mut Option<RateStanding>,
    ) -> Step {
        // Only what reads is ever refused for lack of memory.
        if request.method().is_safe()
            && let Some(client) = self.door.client(self.head(&request))
        {
            request.extensions_mut().insert(client);
        }
        if let Some(sender) = self.door.sender(self.head(&request)) {
            request.extensions_mut().insert(sender);
        }
        if self.door.is_over_tls(self.head(&request)) {
            request.extensions_mut().insert(OverTls);
        }
        match self.door.knock(self.head(&request)) {
            Knock::Enter(place, left) => {
                *admitted = Some(place);
                *standing = left;
            }
            Knock::Refused(problem) => {
                if self.answerable && problem.code() == Code::RateLimited {
                    let pause = problem.retry_after().unwrap_or_default();
                    self.visitor
                        .held_off()
                        .hold_off_all(pause.min(HELD_OFF_MAX));
                }
                request.extensions_mut().insert(Refused(problem));
            }
        }
        Step::Routed {
            answer: self.router.clone().call(request),
        }
    }
}

impl Future for Answering {
    type Output = Result<DoormanResponse, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let response = loop {
            match this.step.as_mut().project() {
                StepNow::Waiting {
                    pause,
                    request,
                    parked,
                } => {
                    ready!(pause.as_mut().poll(cx));
                    drop(parked.take());
                    let Some(request) = request.take() else {
                        return Poll::Pending;
                    };
                    *this.visit = Some(this.post.visitor.begin());
                    let next = this.post.let_in(*request, this.admitted, this.standing);
                    this.step.set(next);
                }
                StepNow::Routed { answer } => break ready!(answer.poll(cx))?,
            }
        };
        let Some(mut visit) = this.visit.take() else {
            return Poll::Pending;
        };
        visit.is_made();
        if *this.is_hold {
            hold_off(&this.post.visitor, &response);
        }
        let (mut parts, body) = response.into_parts();
        if let Some(standing) = this.standing {
            standing.write_unless_told(&mut parts.headers);
        }
        let served = Served {
            visit,
            admitted: this.admitted.take(),
            progress: Progress::begin(body.size_hint().lower()),
        };
        let body = AnswerBody::new(body, Arc::clone(&this.post.bandwidth), served);
        Poll::Ready(Ok(DoormanResponse::from_parts(parts, body)))
    }
}

/// A client that comes back before its `Retry-After` is not looked at until then: refusing it again
/// would cost the server more than the client.
fn hold_off(visitor: &Visitor, response: &Response) {
    let Some(RetryAfter(pause)) = response.extensions().get() else {
        return visitor.held_off().satisfy();
    };
    visitor.held_off().hold_off((*pause).min(HELD_OFF_MAX));
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        visitor.held_off().will_return();
    }
}
