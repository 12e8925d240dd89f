//! The wall clock of the server's machine is put forward and back, by seconds and by a day, and the
//! server is restarted under it. A server whose clock the database contradicts begins to sell
//! nothing; whatever is sold keeps to the true time, within the few seconds that a clock may be
//! wrong by.
//!
//! The server runs in this process, because no other lets its time pass faster; HTTP and PostgreSQL
//! are the real ones, and so are the program's own clock and what compares it with the database's.
//! What the drill expects follows from the true time, from the deadlines that buyers were told, and
//! from nothing that the server says afterwards.

mod ledger;
mod server;

use chrono::{DateTime, Utc};
use fullhouse::accounts::Role;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Drill;
use crate::error::DrillError;
use crate::options::Options;
use crate::stage::Stage;
use crate::summary::Summary;
use ledger::{During, Expectation, Hold, Ledger, WRONG_MAX, Window};
use server::{JumpingServer, token};

pub(super) const DRILL: Drill = Drill {
    name: "clock_jump",
    about: "the machine's clock is put forward and back by up to a day, across restarts",
    run: |options| Box::pin(play(options)),
};

/// What happens in one showtime.
const STEPS: u32 = 120;
/// Few enough that buyers meet, enough that some are left in the end.
const SEATS: u32 = 80;
/// Buyers that ask at the same moment.
const AT_ONCE: u32 = 3;
/// The sale begins and ends so many seconds after the house was opened: most of the steps are in
/// between.
const ON_SALE: (i64, i64) = (300, 3_600);
const DAY: i64 = 86_400;

async fn play(options: Options) -> Result<Summary, DrillError> {
    let cycles = options.cycles(10, 100);
    let mut random = SmallRng::seed_from_u64(options.seed());
    let stage = Stage::build().await?;
    let mut summary = Summary::default();
    let mut server = JumpingServer::start(&stage.cluster.url()).await?;
    for _ in 0..cycles {
        let (showtime, window) = server.open_house(SEATS, ON_SALE).await?;
        let mut trial = Trial {
            showtime,
            window,
            random: SmallRng::seed_from_u64(random.random()),
            ledger: Ledger::default(),
            summary: Summary::default(),
        };
        for _ in 0..STEPS {
            trial.step(&mut server, &stage).await?;
        }
        let journal = stage.journal(showtime).await?;
        ledger::judge_journal(&journal, window, true_time(&server), &mut trial.summary);
        trial.summary.count("showtimes", 1);
        trial.summary.count("events", journal.len() as u64);
        summary.add(trial.summary);
        if !summary.is_clean() {
            break;
        }
    }
    server.stop().await?;
    stage.judge(&mut summary).await?;
    Ok(summary)
}

fn true_time(server: &JumpingServer) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(server.now().unix_micros()).unwrap_or_default()
}

struct Trial {
    showtime: Uuid,
    window: Window,
    random: SmallRng,
    ledger: Ledger,
    summary: Summary,
}

impl Trial {
    async fn step(&mut self, server: &mut JumpingServer, stage: &Stage) -> Result<(), DrillError> {
        match self.random.random_range(0..20) {
            0..=2 => self.jump(server),
            3 => self.restart(server, stage).await?,
            4..=6 => {
                let seconds: i64 = self.random.random_range(1..120);
                self.summary.count("seconds passed", seconds.unsigned_abs());
                server.pass(seconds);
            }
            7..=11 => self.hold(server).await?,
            12..=15 => self.confirm(server).await?,
            16 | 17 => self.release(server).await?,
            _ => self.look(server).await?,
        }
        Ok(())
    }

    /// The machine's clock is put to another time, which the server that runs must not notice.
    fn jump(&mut self, server: &mut JumpingServer) {
        let (name, ahead) = match self.random.random_range(0..6) {
            0 => ("jumps of a day", DAY),
            1 => ("jumps of a day", -DAY),
            2 => ("jumps of minutes", self.random.random_range(10..600)),
            _ => (
                "jumps of seconds",
                self.random.random_range(-WRONG_MAX..=WRONG_MAX),
            ),
        };
        self.summary.count(name, 1);
        server.put_wall(ahead);
    }

    async fn restart(
        &mut self,
        server: &mut JumpingServer,
        stage: &Stage,
    ) -> Result<(), DrillError> {
        self.summary.count("restarts", 1);
        server.restart(&stage.cluster.url()).await?;
        if !is_wrong(server) {
            return Ok(());
        }
        // It sells nothing and says so, its seats can be looked at, and somebody puts it right.
        self.summary.count("restarts by a wrong clock", 1);
        let (buyer, body) = (token(Role::User)?, json!({"seats": ["H-R-1"]}));
        let path = format!("/{}/holds", self.showtime);
        let (status, answer) = server.post(&path, &buyer, &body).await?;
        let refused = status == 503 && answer["code"] == "SHOWTIME_UNAVAILABLE";
        self.summary.demand(refused, || {
            format!("a server whose clock is wrong answers a hold: {status} {answer}")
        });
        let ready = server.ready().await?;
        self.summary.demand(ready == 503, || {
            format!("a server whose clock is wrong says that it is ready: {ready}")
        });
        let (status, answer) = server
            .get(&format!("/{}/seats", self.showtime), &buyer)
            .await?;
        self.summary.demand(status == 200, || {
            format!("a server whose clock is wrong shows no seats: {status} {answer}")
        });
        server.pass(self.random.random_range(0..60));
        server.put_wall(self.random.random_range(-WRONG_MAX..=WRONG_MAX));
        server.restart(&stage.cluster.url()).await
    }

    /// Several buyers ask for overlapping seats, while time may pass under them.
    async fn hold(&mut self, server: &JumpingServer) -> Result<(), DrillError> {
        let asks: Vec<(String, i64, Value)> = (0..self.random.random_range(1..=AT_ONCE))
            .map(|_| {
                let first = self.random.random_range(1..SEATS);
                let seats = [format!("H-R-{first}"), format!("H-R-{}", first + 1)];
                let ttl = self.random.random_range(60..300);
                let body = json!({"seats": seats, "ttl_seconds": ttl});
                (format!("/{}/holds", self.showtime), ttl, body)
            })
            .collect();
        let buyers: Vec<String> = asks
            .iter()
            .map(|_| token(Role::User))
            .collect::<Result<_, _>>()?;
        let asked = true_time(server);
        let calls = asks.iter().zip(&buyers);
        let calls = calls.map(|((path, _, body), buyer)| server.post(path, buyer, body));
        let passing = async {
            if self.random.random_ratio(1, 3) {
                self.summary.count("seconds passed under way", 30);
                server.pass(30);
            }
        };
        let (replies, ()) = tokio::join!(futures::future::join_all(calls), passing);
        let during = During {
            asked,
            answered: true_time(server),
        };
        let replies: Vec<(u16, Value)> = replies.into_iter().collect::<Result<_, _>>()?;
        let asked = asks.into_iter().zip(buyers);
        let mut asked: Vec<_> = replies.into_iter().zip(asked).collect();
        // What was granted may be why another was refused.
        asked.sort_by_key(|((status, _), _)| *status != 201);
        for ((status, answer), ((_, ttl, body), buyer)) in asked {
            self.judge_hold((status, &answer), (ttl, &body), buyer, during)?;
        }
        Ok(())
    }

    fn judge_hold(
        &mut self,
        (status, answer): (u16, &Value),
        (ttl, body): (i64, &Value),
        buyer: String,
        during: During,
    ) -> Result<(), DrillError> {
        let open = self.window.is_open(during);
        match (status, answer["code"].as_str()) {
            (201, _) => {
                let hold = Hold::of(answer, buyer)?;
                let right = open != Some(false) && hold.lives_for(ttl, during);
                self.summary
                    .demand(right, || format!("{during:?}, {open:?}: {answer}"));
                self.summary.count("holds", 1);
                self.ledger.grant(hold, during, &mut self.summary);
            }
            (409, Some("SHOWTIME_NOT_ON_SALE")) => {
                self.summary.count("refused outside the sale", 1);
                self.summary.demand(open != Some(true), || {
                    format!("{during:?}: the sale is on, but {answer}")
                });
            }
            (409, _) => {
                self.summary.count("holds refused", 1);
                let reason = self.ledger.justifies(body, during);
                self.summary.demand(reason, || {
                    format!("{body} was refused, but all of it must be free")
                });
            }
            _ => self.summary.violate(format!("a hold: {status} {answer}")),
        }
        Ok(())
    }

    async fn confirm(&mut self, server: &JumpingServer) -> Result<(), DrillError> {
        let Some(hold) = self.ledger.some(&mut self.random) else {
            return Ok(());
        };
        let path = format!("/{}/holds/{}/confirm", self.showtime, hold.id);
        let editor = token(Role::Editor)?;
        let asked = true_time(server);
        let (status, answer) = server.post(&path, &editor, &json!({})).await?;
        let expected = expected(&hold, asked, server);
        let right = match status {
            200 => {
                self.summary.count("confirmed", 1);
                self.ledger.sell(&hold);
                expected != Expectation::Over
            }
            409 => {
                self.summary.count("expired before their confirm", 1);
                self.ledger.end(&hold);
                expected != Expectation::Before && answer["code"] == "HOLD_EXPIRED"
            }
            _ => false,
        };
        self.summary.demand(right, || {
            format!("{hold:?} is {expected:?}, its confirm: {status} {answer}")
        });
        Ok(())
    }

    async fn release(&mut self, server: &JumpingServer) -> Result<(), DrillError> {
        let Some(hold) = self.ledger.some(&mut self.random) else {
            return Ok(());
        };
        let path = format!("/{}/holds/{}", self.showtime, hold.id);
        let asked = true_time(server);
        let (status, answer) = server.delete(&path, &hold.buyer).await?;
        let expected = expected(&hold, asked, server);
        let right = match status {
            200 => expected != Expectation::Over,
            409 => expected != Expectation::Before && answer["code"] == "HOLD_EXPIRED",
            _ => false,
        };
        self.summary.count("releases", 1);
        self.ledger.end(&hold);
        self.summary.demand(right, || {
            format!("{hold:?} is {expected:?}, its release: {status} {answer}")
        });
        Ok(())
    }

    /// A hold that must be alive is shown to be.
    async fn look(&mut self, server: &JumpingServer) -> Result<(), DrillError> {
        let Some(hold) = self.ledger.some(&mut self.random) else {
            return Ok(());
        };
        let path = format!("/{}/holds/{}", self.showtime, hold.id);
        let asked = true_time(server);
        let (status, answer) = server.get(&path, &hold.buyer).await?;
        let expected = expected(&hold, asked, server);
        let shown = &answer["data"]["status"];
        let right = status == 200 && (expected != Expectation::Before || shown == "held");
        self.summary.count("looks", 1);
        self.summary.demand(right, || {
            format!("{hold:?} is {expected:?}, it is shown as: {status} {answer}")
        });
        Ok(())
    }
}

/// Whether the server that runs was started by a clock that the database contradicts.
const fn is_wrong(server: &JumpingServer) -> bool {
    server.ahead().abs() > WRONG_MAX
}

fn expected(hold: &Hold, asked: DateTime<Utc>, server: &JumpingServer) -> Expectation {
    hold.expectation(During {
        asked,
        answered: true_time(server),
    })
}
