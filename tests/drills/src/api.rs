//! The HTTP contract as a suspicious client sees it.

use std::net::SocketAddr;
use std::time::Duration;

use loadtest::tokens::{self, Role};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::sync::watch;
use uuid::Uuid;

use crate::error::DrillError;
use crate::history::{Outcome, Picture, Refusal, Seen};

/// Longer than the servers of drills take to give up on a call.
const PATIENCE: Duration = Duration::from_secs(5);

/// For what takes the whole history: an audit.
const LONG_PATIENCE: Duration = Duration::from_mins(2);

/// One showtime at whichever server serves it now.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    client: Client,
    server: watch::Receiver<SocketAddr>,
    showtime: Uuid,
    editor: String,
}

/// A request below the showtime's address.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// How.
    pub(crate) method: Method,
    /// Where.
    pub(crate) path: String,
    /// As whom.
    pub(crate) token: String,
    /// The same key for every repeat.
    pub(crate) key: Option<String>,
    /// What.
    pub(crate) body: Option<Value>,
}

/// What became of a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A whole answer came.
    Answered(u16, Value),
    /// There was nobody to connect to, so no server has heard of it.
    NeverSent,
    /// It was sent, and no whole answer came.
    Lost(String),
}

/// A client for one trial; buyers share its connections.
pub(crate) fn client() -> Result<Client, DrillError> {
    let client = Client::builder().no_proxy().timeout(PATIENCE);
    Ok(client.build()?)
}

/// The box office's token.
pub(crate) fn editor() -> Result<String, DrillError> {
    mint(Uuid::new_v4(), Role::Editor)
}

/// A token of somebody who buys.
pub(crate) fn buyer(person: Uuid) -> Result<String, DrillError> {
    mint(person, Role::User)
}

fn mint(subject: Uuid, role: Role) -> Result<String, DrillError> {
    let minted = tokens::mint(subject, role);
    minted.map_err(|error| DrillError::Unexpected(format!("no token: {error}")))
}

impl Api {
    /// Creates a small house and a client for it.
    pub(crate) async fn open_house(
        server: watch::Receiver<SocketAddr>,
        rows: u32,
        seats_per_row: u32,
    ) -> Result<Self, DrillError> {
        let rows: Vec<Value> = (0..rows)
            .map(|row| json!({"row": format!("R{row}"), "seats": seats_per_row}))
            .collect();
        let house = json!({
            "title": "Fault drill",
            "starts_at": "2030-01-15T18:30:00Z",
            "sections": [{"code": "H", "name": "House", "kind": "reserved",
                          "price_tier": "STD", "rows": rows}],
            "price_tiers": [{"code": "STD", "name": "Standard",
                             "price": {"amount": 1000, "currency": "EUR"}}],
        });
        let mut api = Self {
            client: client()?,
            server,
            showtime: Uuid::nil(),
            editor: editor()?,
        };
        let ask = api.ask(Method::POST, String::new(), Some(house));
        let reply = api.send(&ask).await;
        let created = match &reply {
            Reply::Answered(201, body) => id(&body["data"]["showtime_id"]),
            Reply::Answered(..) | Reply::NeverSent | Reply::Lost(_) => None,
        };
        let refused = || DrillError::Unexpected(format!("no showtime was created: {reply:?}"));
        api.showtime = created.ok_or_else(refused)?;
        Ok(api)
    }

    /// The same showtime at another server.
    pub(crate) fn at(&self, server: watch::Receiver<SocketAddr>) -> Self {
        Self {
            server,
            ..self.clone()
        }
    }

    /// Which showtime.
    pub(crate) const fn showtime(&self) -> Uuid {
        self.showtime
    }

    /// A request of the box office.
    pub(crate) fn ask(&self, method: Method, path: String, body: Option<Value>) -> Ask {
        Ask {
            method,
            path,
            token: self.editor.clone(),
            key: None,
            body,
        }
    }

    /// Sends a request once.
    pub(crate) async fn send(&self, ask: &Ask) -> Reply {
        self.send_within(ask, PATIENCE).await
    }

    async fn send_within(&self, ask: &Ask, patience: Duration) -> Reply {
        let server = *self.server.borrow();
        let showtimes = format!("http://{server}/api/v1/showtimes");
        let url = if self.showtime.is_nil() {
            showtimes
        } else {
            format!("{showtimes}/{}{}", self.showtime, ask.path)
        };
        let mut request = self.client.request(ask.method.clone(), url);
        request = request.timeout(patience).bearer_auth(&ask.token);
        if let Some(key) = &ask.key {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = &ask.body {
            request = request.json(body);
        }
        match request.send().await {
            Ok(response) => {
                let status = response.status().as_u16();
                match response.json().await {
                    Ok(body) => Reply::Answered(status, body),
                    Err(error) => Reply::Lost(error.to_string()),
                }
            }
            Err(error) if error.is_connect() => Reply::NeverSent,
            Err(error) => Reply::Lost(error.to_string()),
        }
    }

    /// What the box office reads; anything but a 200 is an error.
    pub(crate) async fn read(&self, path: &str) -> Result<Value, DrillError> {
        let ask = self.ask(Method::GET, path.to_owned(), None);
        match self.send_within(&ask, LONG_PATIENCE).await {
            Reply::Answered(200, mut body) => Ok(body["data"].take()),
            reply @ (Reply::Answered(..) | Reply::NeverSent | Reply::Lost(_)) => {
                Err(DrillError::Unexpected(format!("GET {path}: {reply:?}")))
            }
        }
    }
}

/// What a refused or failed request means.
pub(crate) fn outcome_of(status: u16, body: &Value) -> Outcome {
    let code = text(&body["code"]).to_owned();
    if is_definite(status, &code) {
        let conflicts = body["conflicts"].as_array().map_or(&[][..], Vec::as_slice);
        let taken = conflicts.iter().map(|seat| text(&seat["seat_id"]));
        return Outcome::Refused(Refusal {
            taken: taken.map(str::to_owned).collect(),
            status,
            code,
        });
    }
    let why = format!("{status} {code}");
    Outcome::Unknown { why }
}

/// Whether an answer says for certain that nothing was changed, by the letter of `docs/API.md`.
fn is_definite(status: u16, code: &str) -> bool {
    match status {
        503 => matches!(
            code,
            "OVERLOADED" | "SHUTTING_DOWN" | "SHOWTIME_UNAVAILABLE"
        ),
        408 | 500.. => false,
        _ => code != "REQUEST_IN_PROGRESS",
    }
}

/// Whether a refusal is one that a well-formed request can meet.
pub(crate) fn is_expected(refusal: &Refusal) -> bool {
    matches!(refusal.status, 404 | 409 | 503)
}

/// A seat map's body.
pub(crate) fn picture(map: &Value) -> Option<Picture> {
    let mut picture = Picture {
        seq: map["seq"].as_u64()?,
        ..Picture::default()
    };
    for seat in map["seats"].as_array()? {
        let status = Seen::of(seat["status"].as_str()?)?;
        let id = seat["seat_id"].as_str()?.to_owned();
        picture.seats.insert(id, status);
    }
    Some(picture)
}

/// A string, or nothing.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// An id, or an error that names the place.
pub(crate) fn id(value: &Value) -> Option<Uuid> {
    value.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_documented_refusals_are_certain() {
        let certain = |status, code| is_definite(status, code);
        assert!(certain(409, "SEATS_UNAVAILABLE"));
        assert!(certain(503, "OVERLOADED"));
        assert!(certain(503, "SHUTTING_DOWN"));
        assert!(!certain(503, "JOURNAL_UNAVAILABLE"));
        assert!(!certain(503, "OWNER_RESTARTED"));
        assert!(!certain(503, "TIMED_OUT"));
        assert!(!certain(500, "INTERNAL_ERROR"));
        assert!(!certain(408, "REQUEST_TIMEOUT"));
        assert!(!certain(409, "REQUEST_IN_PROGRESS"));
    }

    #[test]
    fn conflicts_are_the_seats_that_were_taken() {
        let body = json!({"code": "SEATS_UNAVAILABLE",
                          "conflicts": [{"seat_id": "H-R0-1", "status": "RESERVED"}]});
        let Outcome::Refused(refusal) = outcome_of(409, &body) else {
            panic!("a lost race is a refusal");
        };
        assert_eq!(refusal.taken, ["H-R0-1"]);
        assert!(is_expected(&refusal));
    }
}
