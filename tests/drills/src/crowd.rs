//! Many buyers on connections of their own, each holding a seat in place of its last one, in a
//! closed loop or at a rate that does not care what is answered.
//!
//! Each has seats of its own as long as there are enough, so that what they are granted says how
//! many decisions the server makes, and not how full the house is.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use loadtest::connection::{Answer, Connection, Request};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use crate::api;
use crate::error::DrillError;

/// What a crowd does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crowd {
    /// To which server.
    pub(crate) server: SocketAddr,
    /// In which showtime.
    pub(crate) showtime: Uuid,
    /// Its rows and the seats of each, in a section `H`.
    pub(crate) house: (u32, u32),
    /// Connections.
    pub(crate) connections: usize,
    /// Holds asked for per second by all together; none is the closed loop.
    pub(crate) rate: Option<u64>,
    /// Whether every second one comes again when told to; the others ask again at once, and so do
    /// all when it is not set.
    pub(crate) half_heed: bool,
    /// How long.
    pub(crate) length: Duration,
    /// What its choices of seats follow from.
    pub(crate) seed: u64,
}

/// What a crowd was told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// Holds granted.
    pub(crate) granted: u64,
    /// Holds refused by the rules.
    pub(crate) taken: u64,
    /// Holds refused with 503.
    pub(crate) refused: u64,
    /// Of the refused, those that did not say when to come again.
    pub(crate) without_retry_after: u64,
    /// Requests that could not be sent, or whose clients gave up waiting.
    pub(crate) unreached: u64,
    /// Anything else that was answered, or a connection that broke.
    pub(crate) strange: u64,
    /// One of the strange ones, or else of the unreached.
    pub(crate) example: Option<String>,
    /// Holds that were due and never asked for.
    pub(crate) unserved: u64,
    /// Microseconds from a request to its 503.
    pub(crate) refusal_us: Vec<u64>,
}

impl Told {
    /// Half of the refusals took at most so long.
    pub(crate) fn refusal_p50_us(&self) -> u64 {
        let mut sorted = self.refusal_us.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied().unwrap_or(0)
    }

    fn add(&mut self, other: Self) {
        self.granted += other.granted;
        self.taken += other.taken;
        self.refused += other.refused;
        self.without_retry_after += other.without_retry_after;
        self.unreached += other.unreached;
        if self.strange == 0 && other.example.is_some() {
            self.example = other.example;
        }
        self.strange += other.strange;
        self.refusal_us.extend(other.refusal_us);
    }

    fn odd(&mut self, what: String) {
        if self.strange == 0 {
            self.example = Some(what);
        }
        self.strange += 1;
    }

    fn missed(&mut self, error: &std::io::Error) {
        self.unreached += 1;
        self.example.get_or_insert_with(|| error.to_string());
    }
}

/// One of a crowd.
struct Buying {
    connection: Connection,
    token: String,
    random: SmallRng,
    /// Among all buyers, from 0.
    number: u64,
    heeds: bool,
}

/// A crowd that has connected and asked nothing yet.
pub(crate) struct Arrived {
    crowd: Crowd,
    places: Vec<(Connection, String)>,
}

impl Arrived {
    /// Lets everybody ask and waits until all have left.
    pub(crate) async fn buy(self) -> Result<Told, DrillError> {
        let Self { crowd, places } = self;
        crowd.all_buy(places).await
    }
}

impl Crowd {
    /// Lets everybody in and waits until all have left.
    pub(crate) async fn visit(self) -> Result<Told, DrillError> {
        self.arrive().await?.buy().await
    }

    /// Connects everybody.
    pub(crate) async fn arrive(self) -> Result<Arrived, DrillError> {
        let mut places = Vec::new();
        for _ in 0..self.connections {
            let mut connection = Connection::new(self.server);
            connection.open().await?;
            places.push((connection, api::buyer(Uuid::new_v4())?));
        }
        Ok(Arrived {
            crowd: self,
            places,
        })
    }

    async fn all_buy(self, places: Vec<(Connection, String)>) -> Result<Told, DrillError> {
        let turns = Arc::new(AtomicU64::new(0));
        let begins = Instant::now();
        let mut buyers = JoinSet::new();
        for (number, (connection, token)) in (0..).zip(places) {
            let turns = Arc::clone(&turns);
            let random = SmallRng::seed_from_u64(self.seed.wrapping_add(number));
            let heeds = self.half_heed && number % 2 == 0;
            let buyer = Buying {
                connection,
                token,
                random,
                number,
                heeds,
            };
            buyers.spawn(self.buy(buyer, begins, turns));
        }
        let mut told = Told::default();
        while let Some(left) = buyers.join_next().await {
            told.add(left.map_err(|error| DrillError::Unexpected(error.to_string()))?);
        }
        if let Some(rate) = self.rate {
            let due = rate * self.length.as_secs();
            told.unserved = due.saturating_sub(turns.load(Ordering::Relaxed));
        }
        Ok(told)
    }

    async fn buy(self, buyer: Buying, begins: Instant, turns: Arc<AtomicU64>) -> Told {
        let Buying {
            mut connection,
            token,
            mut random,
            number,
            heeds,
        } = buyer;
        let mut told = Told::default();
        let ends = begins + self.length;
        let path = format!("/api/v1/showtimes/{}/holds", self.showtime);
        let mut last_hold = None;
        while self.next_turn(begins, &turns).await && Instant::now() < ends {
            let mut wish = json!({"seats": [self.seat_of(number, &mut random)]});
            if let Some(hold) = &last_hold {
                wish["replace_hold_id"] = Value::String(String::clone(hold));
            }
            if let Err(error) = connection.open().await {
                told.missed(&error);
                return told;
            }
            let asked = Instant::now();
            let request = Request {
                method: "POST",
                path: &path,
                token: &token,
                body: &wish.to_string(),
            };
            match connection.call(request).await {
                Ok(answer) => {
                    let pause = answer.retry_after.filter(|_| heeds);
                    let forgotten = answer.status == 404;
                    let granted = told.note(&answer, asked.elapsed());
                    last_hold = granted.or_else(|| last_hold.filter(|_| !forgotten));
                    if let Some(seconds) = pause {
                        let again = Instant::now() + Duration::from_secs(seconds.into());
                        tokio::time::sleep_until(again.min(ends)).await;
                    }
                }
                Err(error) => {
                    if error.kind() == ErrorKind::TimedOut {
                        told.missed(&error);
                    } else {
                        let (after, since) = (asked.elapsed(), begins.elapsed());
                        told.odd(format!(
                            "{error}, {after:?} after asking, {since:?} into the visit"
                        ));
                    }
                    // It may have been replaced.
                    last_hold = None;
                }
            }
        }
        told
    }

    /// One of the seats of this buyer.
    fn seat_of(&self, number: u64, random: &mut SmallRng) -> String {
        let (rows, seats_per_row) = (u64::from(self.house.0), u64::from(self.house.1));
        let (seats, buyers) = (rows * seats_per_row, self.connections as u64);
        let own = (seats / buyers.max(1)).max(1);
        let seat = (number + buyers * random.random_range(0..own)) % seats.max(1);
        let (row, number) = (seat / seats_per_row, seat % seats_per_row + 1);
        format!("H-R{row}-{number}")
    }

    /// Waits for the next request that is due to anybody; in the closed loop that is now.
    async fn next_turn(&self, begins: Instant, turns: &AtomicU64) -> bool {
        let Some(rate) = self.rate else { return true };
        let turn = turns.fetch_add(1, Ordering::Relaxed);
        let due = Duration::from_micros(turn.saturating_mul(1_000_000) / rate.max(1));
        if due >= self.length {
            return false;
        }
        tokio::time::sleep_until(begins + due).await;
        true
    }
}

impl Told {
    fn note(&mut self, answer: &Answer<'_>, took: Duration) -> Option<String> {
        match answer.status {
            201 => {
                self.granted += 1;
                let body: Value = serde_json::from_slice(answer.body).unwrap_or_default();
                return body["data"]["hold_id"].as_str().map(str::to_owned);
            }
            // The hold to replace was replaced by a request whose outcome is not known, long ago.
            404 | 409 => self.taken += 1,
            503 => {
                self.refused += 1;
                self.without_retry_after += u64::from(answer.retry_after.is_none());
                let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
                self.refusal_us.push(micros);
            }
            status => {
                let body = String::from_utf8_lossy(answer.body);
                self.odd(format!("{status} {body}"));
            }
        }
        None
    }
}
