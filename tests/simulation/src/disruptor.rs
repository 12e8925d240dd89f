//! Who breaks things: one fault after the other, at random moments, until everybody has left.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::SmallRng;
use seating::ids::Seq;

use crate::faulty_journal::{Life, Weather};
use crate::process::Process;
use crate::world::World;

/// Processes up at once.
const PROCESSES_MAX: usize = 3;

#[derive(Debug)]
pub(super) struct Disruptor {
    world: Arc<World>,
    random: SmallRng,
}

impl Disruptor {
    pub(super) fn new(world: &Arc<World>) -> Self {
        Self {
            random: world.random(1 << 32),
            world: Arc::clone(world),
        }
    }

    /// Goes on until it is aborted.
    pub(super) async fn disrupt(mut self) {
        loop {
            self.pause().await;
            if let Err(what) = self.one_fault().await {
                self.world.books.complain(what);
                return;
            }
        }
    }

    async fn pause(&mut self) {
        let ms = match self.random.random_range(0..6) {
            0 => self.random.random_range(1_000..60_000),
            1 | 2 => self.random.random_range(20..1_000),
            _ => self.random.random_range(0..20),
        };
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    async fn one_fault(&mut self) -> Result<(), String> {
        let Some(process) = self.world.some_process(&mut self.random) else {
            let ahead = self.some_seconds(0..300);
            self.world.start(ahead).await?;
            return Ok(());
        };
        match self.random.random_range(0..20) {
            0..=2 => self.end_owner(&process).await,
            3 | 4 => {
                self.log(&process, "crashes");
                self.world.books.count(|tally| tally.crashes += 1);
                self.world.take_out(&process);
                process.crash();
            }
            5 => {
                self.log(&process, "is stopped");
                self.world.books.count(|tally| tally.stops += 1);
                self.world.take_out(&process);
                process.journal.set_life(Life::Running);
                process.stop().await;
            }
            6 | 7 => {
                if self.world.running().len() < PROCESSES_MAX {
                    let ahead = self.some_seconds(0..300);
                    self.world.start(ahead).await?;
                }
            }
            8 => self.freeze(process),
            9..=12 => self.change_weather(process),
            13..=16 => self.jump(&process),
            17 => self.damage_snapshots(),
            _ => self.poison(),
        }
        Ok(())
    }

    async fn end_owner(&mut self, process: &Process) {
        let showtime = self.world.some_showtime(&mut self.random);
        let by_panic: bool = self.random.random();
        let asked =
            tokio::time::timeout(Duration::from_millis(50), process.office.showtime(showtime));
        let Ok(Ok(owned)) = asked.await else { return };
        let books = &self.world.books;
        if by_panic {
            books.note(&format_args!("p{} {showtime} panics", process.number));
            books.count(|tally| tally.panics += 1);
            owned.panic_owner();
        } else {
            books.note(&format_args!("p{} {showtime} is killed", process.number));
            books.count(|tally| tally.kills += 1);
            owned.kill_owner();
        }
    }

    /// Stops a process in its tracks and thaws it later, after another may have taken over.
    fn freeze(&mut self, process: Arc<Process>) {
        self.log(&process, "freezes");
        self.world.books.count(|tally| tally.freezes += 1);
        process.journal.set_life(Life::Frozen);
        let asleep = Duration::from_millis(self.random.random_range(50..20_000));
        tokio::spawn(async move {
            tokio::time::sleep(asleep).await;
            process.journal.set_life(Life::Running);
        });
    }

    /// Bad weather passes by itself, if it is not replaced by worse.
    fn change_weather(&mut self, process: Arc<Process>) {
        let weather = match self.random.random_range(0..5) {
            0 => Weather::Unreachable,
            1 | 2 => Weather::Slow,
            _ => Weather::Rough,
        };
        let lasts = Duration::from_millis(self.random.random_range(50..15_000));
        let books = &self.world.books;
        books.note(&format_args!(
            "p{} {weather:?} for {lasts:?}",
            process.number
        ));
        process.journal.set_weather(weather);
        tokio::spawn(async move {
            tokio::time::sleep(lasts).await;
            process.journal.set_weather(Weather::Fair);
        });
    }

    fn jump(&mut self, process: &Process) {
        let by = self.some_seconds(1..400);
        let books = &self.world.books;
        if self.random.random() {
            books.note(&format_args!("p{} clock forward {by:?}", process.number));
            books.count(|tally| tally.jumps_forward += 1);
            process.clock.jump_forward(by);
        } else {
            books.note(&format_args!("p{} clock back {by:?}", process.number));
            books.count(|tally| tally.jumps_back += 1);
            process.clock.jump_back(by);
        }
    }

    fn damage_snapshots(&mut self) {
        let showtime = self.world.some_showtime(&mut self.random);
        let books = &self.world.books;
        books.note(&format_args!("snapshots of {showtime} are damaged"));
        books.count(|tally| tally.snapshots_damaged += 1);
        self.world.store.damage_snapshots(showtime);
    }

    /// One of the next entries will be refused for good.
    fn poison(&mut self) {
        let showtime = self.world.some_showtime(&mut self.random);
        let durable = self.world.durable_count(showtime) as u64;
        let seq = Seq(durable + self.random.random_range(1..4));
        let books = &self.world.books;
        books.note(&format_args!("entry {seq} of {showtime} is poisoned"));
        self.world.store.poison(showtime, seq);
    }

    fn log(&self, process: &Process, what: &str) {
        let books = &self.world.books;
        books.note(&format_args!("p{} {what}", process.number));
    }

    fn some_seconds(&mut self, range: std::ops::Range<u64>) -> Duration {
        Duration::from_secs(self.random.random_range(range))
    }
}
