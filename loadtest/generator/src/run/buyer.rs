//! One buyer after another on one connection.

use std::fmt::Write;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio::time::Instant;
use uuid::Uuid;

use crate::connection::{Answer, Connection, Request};
use crate::layout::TestLayout;
use crate::plan::{Asks, Plan};
use crate::run::schedule::Schedule;
use crate::run::seat_ledger::SeatLedger;
use crate::tally::{Tally, count, record};
use crate::tokens::{self, Role};
use crate::workload::{Pick, Workload};

/// What the connections of a run share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) plan: Plan,
    pub(crate) layout: TestLayout,
    /// Where the checkouts' path begins.
    pub(crate) holds_path: String,
    pub(crate) editor: String,
    /// How many seats checkouts have wanted.
    pub(crate) wanted: AtomicU32,
    /// From when on answers count, and until when requests begin.
    pub(crate) counts_from: Instant,
    pub(crate) ends: Instant,
    pub(crate) schedule: Option<Schedule>,
    /// Who has what, as buyers were told.
    pub(crate) seats: SeatLedger,
}

#[derive(Debug)]
pub(crate) struct Buyer {
    shared: Arc<Shared>,
    connection: Connection,
    token: String,
    random: SmallRng,
    pick: Pick,
    path: String,
    body: String,
    /// What its last hold covers.
    seats: Vec<u32>,
    /// Of a connection that swaps.
    last_hold: Option<String>,
    tally: Tally,
}

impl Shared {
    /// Whether an answer that has just come is part of the figures: in the closed loop by when it
    /// comes, in the open loop by when its request was due.
    fn counts(&self, due: Instant) -> bool {
        let moment = if self.schedule.is_some() {
            due
        } else {
            Instant::now()
        };
        moment >= self.counts_from && moment < self.ends
    }
}

/// The result of a request.
enum Outcome {
    Granted,
    Refused,
    Failed,
}

impl Buyer {
    pub(crate) fn new(
        shared: Arc<Shared>,
        connection: Connection,
        number: u64,
    ) -> Result<Self, jsonwebtoken::errors::Error> {
        let workload = shared.plan.workload;
        let seed = shared
            .plan
            .seed
            .wrapping_mul(1_000_003)
            .wrapping_add(number);
        Ok(Self {
            connection,
            token: match usize::try_from(number)
                .ok()
                .and_then(|it| shared.plan.api_keys.get(it))
            {
                Some(key) => key.clone(),
                None => tokens::mint(Uuid::new_v4(), Role::User)?,
            },
            random: SmallRng::seed_from_u64(seed),
            pick: Pick::of(workload, shared.layout),
            path: String::new(),
            body: String::new(),
            last_hold: None,
            seats: Vec::new(),
            tally: Tally::new(),
            shared,
        })
    }

    /// Buys until the run is over.
    pub(crate) async fn work(mut self) -> Tally {
        if self.shared.schedule.is_none() {
            // Everybody beginning at once would stay in step, and a slow server would be measured
            // at whatever it happened to do in the window.
            let late = self.random.random_range(0.0..=1.0);
            tokio::time::sleep(self.shared.plan.warmup.mul_f64(late)).await;
        }
        while let Some(due) = self.next_due().await {
            if !self.buy(due).await {
                break;
            }
        }
        self.tally
    }

    /// When the next request counts from: now in the closed loop, else when it was due.
    async fn next_due(&mut self) -> Option<Instant> {
        let Some(schedule) = &self.shared.schedule else {
            return Some(Instant::now()).filter(|now| *now < self.shared.ends);
        };
        let due = schedule.take()?;
        tokio::time::sleep_until(due).await;
        if Instant::now() < self.shared.ends + self.shared.plan.grace {
            return Some(due);
        }
        self.tally.unserved += 1;
        None
    }

    /// One purchase; false when there is nothing left to want.
    async fn buy(&mut self, due: Instant) -> bool {
        let checkout = self.shared.plan.workload == Workload::Checkout;
        if !self.want() {
            return false;
        }
        if checkout && !self.become_another() {
            return false;
        }
        let Some((hold, held_at)) = self.hold(due).await else {
            return true;
        };
        if self.shared.plan.asks != Asks::Holds {
            self.last_hold = Some(hold);
        } else if !checkout {
            self.release(&hold).await;
        } else if self.random.random_range(0..100) < self.shared.plan.abandoned_percent {
            self.tally.abandoned += u64::from(self.shared.counts(due));
            self.seats.clear();
        } else {
            self.confirm(&hold, due, held_at).await;
        }
        true
    }

    /// Writes what to ask for; false when every seat was asked for.
    fn want(&mut self) -> bool {
        let layout = self.shared.layout;
        self.body.clear();
        let written = match self.shared.plan.workload {
            Workload::BestAvailable => {
                self.body.push_str("{\"best_available\":{\"quantity\":2}}");
                Ok(())
            }
            Workload::Checkout => {
                let first = self.shared.wanted.fetch_add(2, Ordering::Relaxed);
                if first + 1 >= layout.seats() {
                    return false;
                }
                let (one, other) = (layout.seat(first), layout.seat(first + 1));
                write!(self.body, "{{\"seats\":[\"{one}\",\"{other}\"]}}")
            }
            Workload::SameSeat | Workload::HotHundred | Workload::AllSeats | Workload::Zipf => {
                let seat = layout.seat(self.pick.next(&mut self.random));
                write!(self.body, "{{\"seats\":[\"{seat}\"]}}")
            }
        };
        written.is_ok() && self.replace_last()
    }

    /// Names the hold that this one replaces, for a connection that swaps.
    fn replace_last(&mut self) -> bool {
        let Some(last) = &self.last_hold else {
            return true;
        };
        self.body.pop();
        write!(self.body, ",\"replace_hold_id\":\"{last}\"}}").is_ok()
    }

    /// The next checkout is another person's.
    fn become_another(&mut self) -> bool {
        let token = tokens::mint(Uuid::new_v4(), Role::User);
        let minted = token.map(|token| self.token = token);
        minted.is_ok()
    }

    /// The hold, if it was granted, and when it was answered.
    async fn hold(&mut self, due: Instant) -> Option<(String, Instant)> {
        let shared = Arc::clone(&self.shared);
        self.path.clear();
        self.path.push_str(&shared.holds_path);
        let mut hold = None;
        if !self.seats.is_empty() {
            shared.seats.give_back(&self.seats);
        }
        let request = Request {
            method: "POST",
            path: &self.path,
            token: &self.token,
            body: &self.body,
        };
        let outcome = match self.connection.call(request).await {
            Ok(answer) if answer.status == 201 => {
                hold = answer.value("hold_id").map(str::to_owned);
                self.seats.clear();
                if shared.plan.asks != Asks::Parses {
                    shared.seats.granted(answer.body, &mut self.seats);
                }
                Ok(Outcome::Granted)
            }
            Ok(answer) => {
                // A swap that was refused leaves everything as it was.
                shared.seats.take(&self.seats);
                Ok(note(&mut self.tally, &answer, shared.counts(due)))
            }
            Err(error) => {
                self.seats.clear();
                Err(error)
            }
        };
        let answered = Instant::now();
        let (latency, counts) = (answered - due, shared.counts(due));
        self.tally.granted_ever += u64::from(hold.is_some());
        match outcome {
            Ok(Outcome::Granted) if counts => {
                self.tally.granted += 1;
                record(&mut self.tally.granted_us, latency);
            }
            Ok(Outcome::Refused) if counts => record(&mut self.tally.refused_us, latency),
            Ok(Outcome::Failed) if counts => record(&mut self.tally.failed_us, latency),
            Ok(_) => {}
            Err(error) => self.broken(&error).await,
        }
        hold.map(|hold| (hold, answered))
    }

    async fn release(&mut self, hold: &str) {
        let begun = Instant::now();
        self.shared.seats.give_back(&self.seats);
        self.seats.clear();
        self.path_of(hold, "");
        let request = Request {
            method: "DELETE",
            path: &self.path,
            token: &self.token,
            body: "",
        };
        match self.connection.call(request).await {
            Ok(answer) if answer.status == 200 => {
                self.tally.released += u64::from(self.shared.counts(begun));
            }
            Ok(answer) => {
                note(&mut self.tally, &answer, self.shared.counts(begun));
            }
            Err(error) => self.broken(&error).await,
        }
    }

    /// At the box office, which is where money is taken in this comparison. `due` is the purchase's;
    /// the confirm itself is due at `held_at`.
    async fn confirm(&mut self, hold: &str, due: Instant, held_at: Instant) {
        // Sold for good: these seats are never anybody else's.
        self.seats.clear();
        self.path_of(hold, "/confirm");
        let request = Request {
            method: "POST",
            path: &self.path,
            token: &self.shared.editor,
            body: "{\"payment_reference\":\"paid\"}",
        };
        let answered = self.connection.call(request).await;
        match answered {
            Ok(answer) if answer.status == 200 => {
                self.tally.confirmed_ever += 1;
                if self.shared.counts(due) {
                    self.tally.confirmed += 1;
                    record(&mut self.tally.confirmed_us, held_at.elapsed());
                }
            }
            Ok(answer) => {
                note(&mut self.tally, &answer, self.shared.counts(due));
            }
            Err(error) => self.broken(&error).await,
        }
    }

    fn path_of(&mut self, hold: &str, action: &str) {
        self.path.clear();
        for piece in [&self.shared.holds_path, "/", hold, action] {
            self.path.push_str(piece);
        }
    }

    /// A request without an answer; a server that is gone is not asked without a pause.
    async fn broken(&mut self, error: &io::Error) {
        count(&mut self.tally.broken, &error.kind().to_string());
        tokio::time::sleep(RECONNECT_PAUSE).await;
    }
}

const RECONNECT_PAUSE: Duration = Duration::from_millis(20);

/// What an answer that is no success means, counted unless it is the warm-up's.
fn note(tally: &mut Tally, answer: &Answer<'_>, counts: bool) -> Outcome {
    let refused = answer.status == 409;
    let outcome = if refused {
        Outcome::Refused
    } else {
        Outcome::Failed
    };
    if !counts {
        return outcome;
    }
    let code = answer.value("code").unwrap_or("?");
    if refused {
        count(&mut tally.refused, code);
        return outcome;
    }
    tally.without_retry_after += u64::from(answer.retry_after.is_none());
    count(&mut tally.failed, &format!("{} {code}", answer.status));
    outcome
}
