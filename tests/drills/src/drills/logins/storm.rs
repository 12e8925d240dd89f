//! Many connections that log in with right and wrong passwords, each again as soon as it is answered.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use futures::stream::{StreamExt, TryStreamExt, iter};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use reqwest::{Client, Response};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::error::DrillError;
use crate::summary::Summary;

const PASSWORD: &str = "correct horse battery";
const WRONG: &str = "wrong horse battery";
/// Registrations at once: fewer than passwords may wait.
const REGISTERING: usize = 16;
/// For an answer, with every place before a password taken, on a machine that is busy.
const PATIENCE: Duration = Duration::from_mins(1);
/// The longest pause of those who heed a hint.
const PAUSE_SECONDS_MAX: u64 = 2;
/// Where the storm says that it comes from: a network for tests like these (RFC 2544).
const NETWORK: [u8; 2] = [198, 18];

/// Accounts, and where to log in to them.
#[derive(Clone, Debug)]
pub(super) struct Storm {
    client: Client,
    server: SocketAddr,
    accounts: usize,
    seed: u64,
}

/// Who comes again when it is told to; the others come again at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manners {
    All,
    Half,
}

/// A storm that goes on.
#[derive(Debug)]
pub(super) struct Raging {
    stop: watch::Sender<bool>,
    began: Instant,
    connections: JoinSet<Logins>,
}

/// What logins were answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Logins {
    right: u64,
    wrong: u64,
    slowed: u64,
    refused: u64,
    without_retry_after: u64,
    strange: u64,
    /// One of the strange ones.
    example: Option<String>,
    seconds: f64,
}

impl Storm {
    /// Registers so many people, whose passwords cost what the settings ask for at the least.
    pub(super) async fn register(
        server: SocketAddr,
        accounts: usize,
        seed: u64,
    ) -> Result<Self, DrillError> {
        let client = Client::builder().no_proxy().timeout(PATIENCE).build()?;
        let storm = Self {
            client,
            server,
            accounts,
            seed,
        };
        iter(0..accounts)
            .map(|number| storm.register_one(number))
            .buffer_unordered(REGISTERING)
            .try_collect::<()>()
            .await?;
        Ok(storm)
    }

    async fn register_one(&self, number: usize) -> Result<(), DrillError> {
        let body = json!({"name": "Ann Lee", "email": email(number), "password": PASSWORD});
        let url = format!("http://{}/api/v1/auth/register", self.server);
        let response = self.client.post(url).json(&body).send().await?;
        let status = response.status().as_u16();
        if status != 201 {
            let said = response.text().await?;
            return Err(DrillError::Unexpected(format!(
                "registering was answered with {status}: {said}"
            )));
        }
        Ok(())
    }

    /// Lets so many connections log in until they are told to stop.
    pub(super) fn rage(&self, connections: usize, manners: Manners) -> Raging {
        let stop = watch::Sender::new(false);
        let mut raging = JoinSet::new();
        for number in 0..connections {
            let random = SmallRng::seed_from_u64(self.seed.wrapping_add(number as u64));
            let heeds = manners == Manners::All || number % 2 == 0;
            raging.spawn(self.clone().log_in_again(random, heeds, stop.subscribe()));
        }
        Raging {
            stop,
            began: Instant::now(),
            connections: raging,
        }
    }

    async fn log_in_again(
        self,
        mut random: SmallRng,
        heeds: bool,
        mut stop: watch::Receiver<bool>,
    ) -> Logins {
        let mut logins = Logins::default();
        while !*stop.borrow() {
            let is_right = random.random_bool(0.5);
            let response = self.log_in(is_right, &mut random).await;
            let pause = logins.note(is_right, response).filter(|_| heeds);
            if let Some(pause) = pause {
                tokio::select! {
                    _ = stop.changed() => {}
                    () = sleep(pause) => {}
                }
            }
        }
        logins
    }

    async fn log_in(&self, is_right: bool, random: &mut SmallRng) -> reqwest::Result<Response> {
        let password = if is_right { PASSWORD } else { WRONG };
        let account = random.random_range(0..self.accounts);
        let body = json!({"email": email(account), "password": password});
        let [first, second] = NETWORK;
        let from = Ipv4Addr::new(first, second, random.random(), random.random());
        let url = format!("http://{}/api/v1/auth/login", self.server);
        let asking = self.client.post(url).json(&body);
        asking
            .header("x-forwarded-for", from.to_string())
            .send()
            .await
    }
}

fn email(number: usize) -> String {
    format!("ann{number}@example.com")
}

impl Raging {
    /// Tells everybody to stop, and waits for the answers that they still get.
    pub(super) async fn end(mut self) -> Result<Logins, DrillError> {
        self.stop.send_replace(true);
        let mut logins = Logins::default();
        while let Some(left) = self.connections.join_next().await {
            logins.add(left.map_err(|error| DrillError::Unexpected(error.to_string()))?);
        }
        logins.seconds = self.began.elapsed().as_secs_f64();
        Ok(logins)
    }
}

impl Logins {
    /// Counts an answer; how long it says to wait.
    fn note(&mut self, is_right: bool, response: reqwest::Result<Response>) -> Option<Duration> {
        let response = match response {
            Ok(response) => response,
            Err(error) => {
                self.odd(format!("{error:?}"));
                return None;
            }
        };
        let hint = response.headers().get("retry-after");
        let hint = hint.and_then(|value| value.to_str().ok()?.parse().ok());
        match (response.status().as_u16(), is_right) {
            (200, true) => self.right += 1,
            (401, false) => self.wrong += 1,
            (status @ (429 | 503), _) => {
                self.slowed += u64::from(status == 429);
                self.refused += u64::from(status == 503);
                self.without_retry_after += u64::from(hint.is_none());
                return hint
                    .map(|seconds: u64| Duration::from_secs(seconds.min(PAUSE_SECONDS_MAX)));
            }
            (status, _) => {
                let password = if is_right { "right" } else { "wrong" };
                self.odd(format!("a {password} password was answered with {status}"));
            }
        }
        None
    }

    fn odd(&mut self, what: String) {
        self.strange += 1;
        self.example.get_or_insert(what);
    }

    /// Takes another's counts in.
    pub(super) fn add(&mut self, other: Self) {
        self.right += other.right;
        self.wrong += other.wrong;
        self.slowed += other.slowed;
        self.refused += other.refused;
        self.without_retry_after += other.without_retry_after;
        self.strange += other.strange;
        self.example = self.example.take().or(other.example);
        self.seconds += other.seconds;
    }

    /// Shows the counts, and notes what must not be.
    pub(super) fn judge(&self, summary: &mut Summary) {
        summary.count("logins with the right password", self.right);
        summary.count("with a wrong one", self.wrong);
        summary.count("slowed with 429", self.slowed);
        summary.count("logins refused with 503", self.refused);
        let looked_at = self.right + self.wrong;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a rate for people to read"
        )]
        let per_second = (looked_at as f64 / self.seconds.max(1.0)) as u64;
        summary.count("passwords looked at per second", per_second);
        summary.demand(self.right > 0 && self.wrong > 0, || {
            "nobody logged in, or nobody was told to be wrong".to_owned()
        });
        summary.demand(self.without_retry_after == 0, || {
            format!("{} refusals without Retry-After", self.without_retry_after)
        });
        summary.demand(self.strange == 0, || {
            format!(
                "{} strange logins, such as {:?}",
                self.strange, self.example
            )
        });
    }
}
