//! The server's clock jumps forward and back under real buyers, restarts included: no live hold is
//! ended before a clock has shown its deadline, and none overlaps another.
//!
//! The server runs in this process, because no other lets its clock be moved; HTTP and PostgreSQL
//! are the real ones. What the drill expects follows from its own clock and the deadlines that
//! buyers were told, and from nothing that the server says afterwards.

mod ledger;
mod server;

use fullhouse::auth::Role;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Drill, DrillError};
use crate::options::Options;
use crate::stage::Stage;
use crate::summary::Summary;
use ledger::{Expectation, Hold, Ledger};
use server::{JumpingServer, token};

pub(super) const DRILL: Drill = Drill {
    name: "clock_jump",
    about: "the server's clock is put forward and back between and during calls",
    run: |options| Box::pin(play(options)),
};

/// What happens in one showtime.
const STEPS: u32 = 120;
/// Few enough that buyers meet, enough that some are left in the end.
const SEATS: u32 = 80;
/// Buyers that ask at the same moment.
const AT_ONCE: u32 = 3;

async fn play(options: Options) -> Result<Summary, DrillError> {
    let cycles = options.cycles(10, 100);
    let mut random = SmallRng::seed_from_u64(options.seed());
    let stage = Stage::build().await?;
    let mut summary = Summary::default();
    let mut server = JumpingServer::start(&stage.cluster.url()).await?;
    for _ in 0..cycles {
        let showtime = server.open_house(SEATS).await?;
        let mut trial = Trial {
            showtime,
            random: SmallRng::seed_from_u64(random.random()),
            ledger: Ledger::default(),
            summary: Summary::default(),
        };
        for _ in 0..STEPS {
            trial.step(&mut server, &stage).await?;
        }
        let journal = stage.journal(showtime).await?;
        ledger::judge_journal(&journal, &mut trial.summary);
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

struct Trial {
    showtime: Uuid,
    random: SmallRng,
    ledger: Ledger,
    summary: Summary,
}

impl Trial {
    async fn step(&mut self, server: &mut JumpingServer, stage: &Stage) -> Result<(), DrillError> {
        match self.random.random_range(0..20) {
            0..=4 => self.jump(server),
            5 => {
                self.summary.count("restarts", 1);
                server.restart(&stage.cluster.url()).await?;
            }
            6..=11 => self.hold(server).await?,
            12..=15 => self.confirm(server).await?,
            16 | 17 => self.release(server).await?,
            _ => self.look(server).await?,
        }
        Ok(())
    }

    fn jump(&mut self, server: &JumpingServer) {
        let seconds = self.random.random_range(1..200);
        let forward: bool = self.random.random();
        let name = if forward {
            "jumps forward"
        } else {
            "jumps back"
        };
        self.summary.count(name, 1);
        server.jump(if forward { seconds } else { -seconds });
    }

    /// Several buyers ask for overlapping seats while the clock may jump under them.
    async fn hold(&mut self, server: &JumpingServer) -> Result<(), DrillError> {
        let asks: Vec<(String, Value)> = (0..self.random.random_range(1..=AT_ONCE))
            .map(|_| {
                let first = self.random.random_range(1..SEATS);
                let seats = [format!("H-R-{first}"), format!("H-R-{}", first + 1)];
                let ttl = self.random.random_range(60..300);
                let body = json!({"seats": seats, "ttl_seconds": ttl});
                (format!("/{}/holds", self.showtime), body)
            })
            .collect();
        let buyers: Vec<String> = asks
            .iter()
            .map(|_| token(Role::User))
            .collect::<Result<_, _>>()?;
        let calls = asks.iter().zip(&buyers);
        let calls = calls.map(|((path, body), buyer)| server.post(path, buyer, body));
        let jump = async {
            if self.random.random_ratio(1, 3) {
                self.summary.count("jumps under way", 1);
                server.jump(self.random.random_range(-100..100));
            }
        };
        let (replies, ()) = tokio::join!(futures::future::join_all(calls), jump);
        // Judged in the order of their events, which is not that of their answers.
        let mut granted = Vec::new();
        let mut refused = Vec::new();
        for (reply, ((_, body), buyer)) in replies.into_iter().zip(asks.iter().zip(buyers)) {
            let (status, answer) = reply?;
            match status {
                201 => granted.push(Hold::of(&answer, buyer)?),
                409 => refused.push(body.clone()),
                _ => self.summary.violate(format!("a hold: {status} {answer}")),
            }
        }
        self.summary.count("holds", granted.len() as u64);
        self.summary.count("holds refused", refused.len() as u64);
        let latest = server.latest();
        for hold in granted {
            self.ledger.grant(hold, latest, &mut self.summary);
        }
        for body in refused {
            let reason = self.ledger.justifies(&body, server.now());
            self.summary.demand(reason, || {
                format!("{body} was refused, but all of it must be free")
            });
        }
        Ok(())
    }

    async fn confirm(&mut self, server: &JumpingServer) -> Result<(), DrillError> {
        let Some(hold) = self.ledger.some(&mut self.random) else {
            return Ok(());
        };
        let expected = hold.expectation(server.now(), server.latest());
        let path = format!("/{}/holds/{}/confirm", self.showtime, hold.id);
        let editor = token(Role::Editor)?;
        let (status, answer) = server.post(&path, &editor, &json!({})).await?;
        let right = match (status, expected) {
            (200, Expectation::Live | Expectation::Either) => {
                self.summary.count("confirmed", 1);
                self.ledger.sell(&hold);
                true
            }
            (409, Expectation::Over | Expectation::Either) => {
                self.summary.count("expired before their confirm", 1);
                self.ledger.end(&hold);
                answer["code"] == "HOLD_EXPIRED"
            }
            _ => false,
        };
        self.summary.demand(right, || {
            format!("{hold:?} must be {expected:?}, its confirm: {status} {answer}")
        });
        Ok(())
    }

    async fn release(&mut self, server: &JumpingServer) -> Result<(), DrillError> {
        let Some(hold) = self.ledger.some(&mut self.random) else {
            return Ok(());
        };
        let expected = hold.expectation(server.now(), server.latest());
        let path = format!("/{}/holds/{}", self.showtime, hold.id);
        let (status, answer) = server.delete(&path, &hold.buyer).await?;
        let right = match status {
            200 => expected != Expectation::Over,
            409 => expected != Expectation::Live && answer["code"] == "HOLD_EXPIRED",
            _ => false,
        };
        self.summary.count("releases", 1);
        self.ledger.end(&hold);
        self.summary.demand(right, || {
            format!("{hold:?} must be {expected:?}, its release: {status} {answer}")
        });
        Ok(())
    }

    /// A hold that must be alive is shown to be.
    async fn look(&mut self, server: &JumpingServer) -> Result<(), DrillError> {
        let Some(hold) = self.ledger.some(&mut self.random) else {
            return Ok(());
        };
        let expected = hold.expectation(server.now(), server.latest());
        let path = format!("/{}/holds/{}", self.showtime, hold.id);
        let (status, answer) = server.get(&path, &hold.buyer).await?;
        let shown = &answer["data"]["status"];
        let right = status == 200 && (expected != Expectation::Live || shown == "held");
        self.summary.count("looks", 1);
        self.summary.demand(right, || {
            format!("{hold:?} must be {expected:?}, it is shown as: {status} {answer}")
        });
        Ok(())
    }
}
