//! One buyer on one keep-alive connection.

use std::net::SocketAddr;

use loadtest::connection::{Answer, Connection, Request};
use loadtest::tokens::{Role, mint};
use serde_json::Value;
use uuid::Uuid;

/// A connection with at most one request in flight.
pub(crate) struct Client {
    connection: Connection,
    token: String,
    last_hold: Option<String>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let mut connection = Connection::new(address);
        connection.open().await.unwrap();
        Self {
            connection,
            token: mint(Uuid::new_v4(), Role::User).unwrap(),
            last_hold: None,
        }
    }

    /// The seat ids of a showtime, in order.
    pub(crate) async fn seat_ids(&mut self, showtime: &str) -> Vec<String> {
        let path = format!("/api/v1/showtimes/{showtime}/layout");
        let answer = self.call("GET", &path, ("", 200)).await;
        let layout: Value = serde_json::from_slice(answer.body).unwrap();
        let mut ids = Vec::new();
        for section in members(&layout["data"], "sections") {
            for row in members(section, "rows") {
                let seats = members(row, "seats");
                ids.extend(seats.map(|seat| seat["seat_id"].as_str().unwrap().to_owned()));
            }
        }
        ids
    }

    /// Two seats in place of the last hold; the same body suits the route that only parses.
    pub(crate) async fn hold(&mut self, path: &str, [a, b]: &[String; 2]) {
        let replace = match &self.last_hold {
            Some(hold) => format!(",\"replace_hold_id\":\"{hold}\""),
            None => String::new(),
        };
        let body = format!("{{\"seats\":[\"{a}\",\"{b}\"]{replace}}}");
        let answer = self.call("POST", path, (&body, 201)).await;
        self.last_hold = answer.value("hold_id").map(str::to_owned);
    }

    /// Gives the last hold back.
    pub(crate) async fn release(&mut self, path: &str) {
        let hold = self.last_hold.take().unwrap();
        let path = format!("{path}/{hold}");
        self.call("DELETE", &path, ("", 200)).await;
    }

    /// Sends a request and reads its whole answer, which must have this status.
    async fn call(
        &mut self,
        method: &'static str,
        path: &str,
        (body, status): (&str, u16),
    ) -> Answer<'_> {
        let request = Request {
            method,
            path,
            token: &self.token,
            body,
        };
        let answer = self.connection.call(request).await.unwrap();
        let said = || String::from_utf8_lossy(answer.body);
        assert_eq!(answer.status, status, "{}", said());
        answer
    }
}

/// The elements of a list; none where there is no list, as in an area.
fn members<'a>(object: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    object[name].as_array().into_iter().flatten()
}
