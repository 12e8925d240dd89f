//! The door of the public port: what is decided of a request with only its head in hand, before
//! its token, its body or any name in it is looked at.
//!
//! A refusal here costs a fraction of an answer, so that whoever is let in does not pay for those
//! who are not. Three things are asked, the cheapest first: whether the address has asked too much
//! lately, whether the server has room for one more request, and, for a hold, whether its
//! showtime's owner has room for one more command.

mod class;
mod client;
mod forwarded;
pub mod rates;
mod request_limit;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actors::box_office::BoxOffice;
use axum::http::{HeaderMap, Method, Uri};
use seating::ids::ShowtimeId;

use crate::http::problem::{Code, Problem, RateStanding};
pub use class::Class;
pub use client::{ClientAddress, Proxies, Sender};
use rates::Rates;
pub use request_limit::{Admitted, RequestLimit};

/// Who stands at the door of a port, and what they may ask.
#[derive(Clone, Debug)]
pub struct Door(Arc<DoorParts>);

/// What a door looks at.
#[derive(Debug)]
pub struct DoorParts {
    /// Requests in progress, of all ports that share the bound.
    pub requests: Arc<RequestLimit>,
    /// The owners, when holds are to be refused before they are read.
    pub office: Option<BoxOffice>,
    /// How much one address may ask; nothing when the limits are off.
    pub rates: Option<Arc<Rates>>,
    /// Whose word on the address of a client is taken.
    pub proxies: Proxies,
}

/// The head of a request, as far as the door looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// From where it comes, as the operating system says.
    pub peer: SocketAddr,
    pub method: &'a Method,
    pub uri: &'a Uri,
    pub headers: &'a HeaderMap,
    /// Whether its connection was refused lately, and waited as long as it was told to.
    pub returns: bool,
}

/// Whether a request is let in.
#[derive(Debug)]
pub enum Knock {
    /// Come in: a place among the requests in progress, and what the address may still ask.
    Enter(Admitted, Option<RateStanding>),
    Refused(Problem),
}

/// Marks a request that was refused at the door, for the edge to answer.
#[derive(Clone, Debug)]
pub struct Refused(pub Problem);

/// Marks a request that came over TLS, to a proxy of the operator's.
#[derive(Clone, Copy, Debug)]
pub struct OverTls;

/// How long to wait when all places of the server are taken.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl Door {
    /// A door that looks at these.
    pub fn new(parts: DoorParts) -> Self {
        Self(Arc::new(parts))
    }

    /// A door through which up to `requests_max` requests of anybody go at once.
    pub fn open(requests_max: usize) -> Self {
        Self::new(DoorParts {
            requests: RequestLimit::new(requests_max),
            office: None,
            rates: None,
            proxies: Proxies::default(),
        })
    }

    /// Whether this peer forwards the requests of others, and so cannot be judged by them.
    pub fn is_proxy(&self, peer: SocketAddr) -> bool {
        self.0.proxies.trusts(peer.ip())
    }

    /// Whose share of the memory for answers a request uses; nobody's when only a proxy is known, or
    /// the limits are off.
    pub fn client(&self, head: Head<'_>) -> Option<ClientAddress> {
        self.0.rates.as_ref()?;
        self.0.proxies.known_client(head.peer, head.headers)
    }

    /// Whether a proxy says that the client of a request asks over TLS.
    pub fn is_over_tls(&self, head: Head<'_>) -> bool {
        self.is_proxy(head.peer) && self.0.proxies.say_tls(head.headers)
    }

    /// From where a request comes that is about an account.
    pub fn sender(&self, head: Head<'_>) -> Option<Sender> {
        let about_accounts = head.is_about_accounts();
        about_accounts.then(|| Sender(self.0.proxies.client(head.peer, head.headers)))
    }

    /// Asks for a request to be let in.
    pub fn knock(&self, head: Head<'_>) -> Knock {
        match self.look(head) {
            Ok((admitted, standing)) => Knock::Enter(admitted, standing),
            Err(problem) => Knock::Refused(problem),
        }
    }

    fn look(&self, head: Head<'_>) -> Result<(Admitted, Option<RateStanding>), Problem> {
        let parts = &*self.0;
        let standing = match &parts.rates {
            None => None,
            Some(rates) => rates.address(parts.proxies.client(head.peer, head.headers))?,
        };
        let admitted = parts.requests.admit().ok_or_else(too_many)?;
        if let (Some(office), Some(showtime)) = (&parts.office, head.held_showtime())
            && let Some(retry_after) = office.has_no_room(showtime, head.returns)
        {
            return Err(no_room(retry_after));
        }
        Ok((admitted, standing))
    }
}

impl Head<'_> {
    fn is_about_accounts(&self) -> bool {
        let path = self.uri.path().strip_prefix("/api/v1/");
        let of_api =
            path.is_some_and(|path| path.starts_with("auth/") || path.starts_with("users"));
        of_api || self.uri.path().starts_with("/account/")
    }

    /// The showtime of which the request wants to hold places.
    pub fn held_showtime(&self) -> Option<ShowtimeId> {
        if self.method != Method::POST {
            return None;
        }
        let rest = self.uri.path().strip_prefix("/api/v1/showtimes/")?;
        rest.strip_suffix("/holds")?.parse().ok()
    }
}

fn too_many() -> Problem {
    let detail = "the server is working on as many requests as it can";
    Problem::new(Code::Overloaded, detail).with_retry_after(RETRY_AFTER)
}

fn no_room(retry_after: Duration) -> Problem {
    let detail = "as many holds of this showtime are waiting as can be";
    Problem::new(Code::Overloaded, detail).with_retry_after(retry_after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn showtime_of(method: &Method, path: &str) -> Option<String> {
        let head = Head {
            peer: ([127, 0, 0, 1], 1).into(),
            method,
            uri: &path.parse().unwrap(),
            headers: &HeaderMap::new(),
            returns: false,
        };
        head.held_showtime().map(|id| id.to_string())
    }

    #[test]
    fn a_hold_is_known_by_its_head() {
        let id = "019b76da-a800-7000-8000-000000000001";
        let path = format!("/api/v1/showtimes/{id}/holds");
        assert_eq!(showtime_of(&Method::POST, &path).as_deref(), Some(id));
        assert_eq!(showtime_of(&Method::GET, &path), None);
        for other in [
            format!("{path}/x/confirm"),
            "/api/v1/showtimes/x/holds".into(),
        ] {
            assert_eq!(showtime_of(&Method::POST, &other), None);
        }
    }
}
