//! People at the counter: each does one thing after the other, all of them at the same time.

mod brief;
mod errand;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actors::box_office::Answer;
use actors::error::CallError;
use rand::RngExt;
use rand::rngs::SmallRng;
use seating::command::{BlockPlaces, Command};
use seating::entry::{Decision, RequestStamp};
use seating::ids::{BuyerId, ShowtimeId};
use tokio::time::error::Elapsed;

use crate::books::Sight;
use crate::buyer::brief::Brief;
use crate::buyer::errand::Purse;
use crate::kinds::{Fate, fates, named};
use crate::process::Process;
use crate::world::{World, id};

/// How often somebody repeats a request whose outcome is not known.
const ATTEMPTS_MAX: u32 = 4;

#[derive(Debug)]
pub(super) struct Person {
    world: Arc<World>,
    number: u64,
    buyer: BuyerId,
    random: SmallRng,
    purse: Purse,
    /// What has been blocked, if this is staff.
    blocked: Option<Vec<BlockPlaces>>,
    requests: u64,
}

/// The result of one attempt.
enum Heard {
    Answer(Box<Answer>),
    /// For certain nothing was recorded.
    No,
    Unknown,
}

impl Person {
    pub(super) fn new(world: &Arc<World>, number: u64) -> Self {
        let mut random = world.random(number);
        Self {
            world: Arc::clone(world),
            number,
            buyer: BuyerId::new(id(&mut random)),
            random,
            purse: Purse::default(),
            blocked: (number == 0).then(Vec::new),
            requests: 0,
        }
    }

    /// Everything this person does.
    pub(super) async fn visit(mut self) {
        let errands = self.random.random_range(8..24);
        for _ in 0..errands {
            if self.world.books.has_complaint() {
                return;
            }
            self.pause().await;
            let showtime = self.world.some_showtime(&mut self.random);
            if self.random.random_ratio(1, 5) {
                self.look(showtime).await;
            } else {
                self.run_errand(showtime).await;
            }
        }
    }

    /// Mostly moments, so that people meet; sometimes longer than a hold lives.
    async fn pause(&mut self) {
        let ms = match self.random.random_range(0..12) {
            0 => self.random.random_range(1_000..90_000),
            1..=3 => self.random.random_range(20..1_000),
            _ => self.random.random_range(0..6),
        };
        tokio::time::sleep(Duration::from_millis(ms)).await;
        for _ in 0..self.random.random_range(0..4) {
            tokio::task::yield_now().await;
        }
    }

    async fn run_errand(&mut self, showtime: ShowtimeId) {
        let layout = &self.world.layout;
        let command = match &mut self.blocked {
            Some(blocked) => errand::of_staff(blocked, layout, &mut self.random),
            None => errand::of_buyer(self.buyer, showtime, &self.purse, layout, &mut self.random),
        };
        self.requests += 1;
        let key = u128::from(self.number) << 64 | u128::from(self.requests);
        let stamp = (!self.random.random_ratio(1, 8)).then_some(RequestStamp {
            key,
            fingerprint: key,
        });
        let asked = self.world.books.ask(showtime, command.clone(), stamp);
        self.hope(showtime, &command);
        for _ in 0..ATTEMPTS_MAX {
            match self.attempt(showtime, asked, &command, stamp).await {
                Heard::Answer(answer) => {
                    let durable = self.world.durable(showtime, answer.entry.seq).await;
                    self.learn(showtime, &answer.entry.decision);
                    self.world.books.tell(asked, *answer, durable.as_ref());
                    return;
                }
                Heard::No => return,
                // Without a key it would be another request.
                Heard::Unknown if stamp.is_none() => return,
                Heard::Unknown => self.pause().await,
            }
        }
    }

    async fn attempt(
        &mut self,
        showtime: ShowtimeId,
        asked: usize,
        command: &Command,
        stamp: Option<RequestStamp>,
    ) -> Heard {
        let Some(process) = self.world.some_process(&mut self.random) else {
            return Heard::Unknown;
        };
        let world = Arc::clone(&self.world);
        let books = &world.books;
        books.count(|tally| tally.attempts += 1);
        let owned = match process.office.showtime(showtime).await {
            Ok(owned) => owned,
            Err(error) => return self.refused(&process, showtime, &error),
        };
        let patience = if self.random.random_ratio(1, 6) {
            Duration::from_millis(self.random.random_range(0..60))
        } else {
            Duration::from_hours(1)
        };
        books.note(&format_args!(
            "b{} asks p{}: {} as {:?}",
            self.number,
            process.number,
            Brief(command),
            stamp.map(|stamp| stamp.key)
        ));
        let answered = tokio::time::timeout(patience, owned.execute(command.clone(), stamp)).await;
        books.note(&format_args!("b{} {}", self.number, Told(&answered)));
        match answered {
            Err(_gone) => {
                books.count(|tally| tally.given_up += 1);
                books.unsure(asked);
                Heard::Unknown
            }
            Ok(Ok(answer)) => {
                books.count(|tally| {
                    tally.granted += u64::from(!answer.replayed);
                    tally.replayed += u64::from(answer.replayed);
                });
                Heard::Answer(Box::new(answer))
            }
            Ok(Err(CallError::Rejected(rejection))) => {
                books.count(|tally| tally.rejected += 1);
                books.refuse(process.number, asked, &rejection);
                Heard::No
            }
            Ok(Err(error)) => {
                if may_be_recorded(&error) {
                    books.unsure(asked);
                }
                self.refused(&process, showtime, &error)
            }
        }
    }

    /// An error that is no answer: somebody else, or the same later, may know more.
    fn refused(&self, process: &Process, showtime: ShowtimeId, error: &CallError) -> Heard {
        let books = &self.world.books;
        if may_be_recorded(error) {
            books.count(|tally| tally.unknown += 1);
        } else {
            books.count(|tally| tally.refused += 1);
        }
        match error {
            CallError::Deposed => {
                books.deposed(process.number, showtime);
                Heard::Unknown
            }
            CallError::UnknownShowtime => {
                books.complain(format!("{showtime} is called unknown"));
                Heard::No
            }
            CallError::NothingToDo => Heard::No,
            CallError::Rejected(_)
            | CallError::Overloaded { .. }
            | CallError::JournalUnavailable { .. }
            | CallError::OwnerRestarted
            | CallError::GaveUp { .. }
            | CallError::Starting { .. }
            | CallError::TooManyShowtimes { .. }
            | CallError::WrongClock { .. }
            | CallError::TimedOut
            | CallError::ShuttingDown => Heard::Unknown,
        }
    }

    /// A request is remembered before it is sent: its answer may get lost.
    fn hope(&mut self, showtime: ShowtimeId, command: &Command) {
        let named = named(command);
        let holds = named.new_hold.map(|id| (showtime, id));
        self.purse.holds.extend(holds);
        let bookings = named.new_booking.map(|id| (showtime, id));
        self.purse.bookings.extend(bookings);
        // The newest are the most interesting, and a purse has its limits.
        let (holds, bookings) = (self.purse.holds.len(), self.purse.bookings.len());
        self.purse.holds.drain(..holds.saturating_sub(6));
        self.purse.bookings.drain(..bookings.saturating_sub(6));
    }

    fn learn(&mut self, showtime: ShowtimeId, decision: &Decision) {
        for fate in fates(decision) {
            if let Fate::Over(over) = fate {
                self.purse.holds.retain(|held| *held != (showtime, over));
            }
        }
    }

    /// Asks without wanting anything: what is seen must be what was so.
    async fn look(&mut self, showtime: ShowtimeId) {
        let Some(process) = self.world.some_process(&mut self.random) else {
            return;
        };
        let Ok(owned) = process.office.showtime(showtime).await else {
            return;
        };
        let (seq, sight) = match (self.random.random_range(0..4), self.purse.holds.last()) {
            (0, Some((of, hold))) if *of == showtime => match owned.hold(*hold).await {
                Ok((image, seq)) => (seq, Sight::Hold(*hold, image)),
                Err(_) => return,
            },
            (1, _) => match owned.snapshot().await {
                Ok(snapshot) => (snapshot.seq, Sight::Snapshot(Box::new(snapshot))),
                Err(_) => return,
            },
            (2, _) => {
                // One that only looks needs no owner.
                let Ok(view) = process.office.view(showtime).await else {
                    return;
                };
                let seats = view.layout().seats().map(|seat| view.seat(seat).0);
                (view.seq(), Sight::Seats(seats.collect()))
            }
            _ => {
                let view = owned.view();
                let seats = view.layout().seats().map(|seat| view.seat(seat).0);
                (view.seq(), Sight::Seats(seats.collect()))
            }
        };
        let durable = self.world.durable_count(showtime);
        self.world.books.see(showtime, seq, sight, durable);
    }
}

/// An answer as the diary shows it.
struct Told<'a>(&'a Result<Result<Answer, CallError>, Elapsed>);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Ok(Ok(answer)) => {
                let (entry, durability) = (&answer.entry, answer.durability);
                write!(f, "has {}, {durability:?}: {:?}", entry.seq, entry.decision)
            }
            Ok(Err(error)) => write!(f, "hears {error:?}"),
            Err(_gone) => f.write_str("has gone"),
        }
    }
}

/// Whether the command may be in the journal after this error.
fn may_be_recorded(error: &CallError) -> bool {
    match error {
        CallError::OwnerRestarted
        | CallError::JournalUnavailable { .. }
        | CallError::Deposed
        | CallError::TimedOut => true,
        CallError::Rejected(_)
        | CallError::NothingToDo
        | CallError::Overloaded { .. }
        | CallError::GaveUp { .. }
        | CallError::Starting { .. }
        | CallError::TooManyShowtimes { .. }
        | CallError::WrongClock { .. }
        | CallError::UnknownShowtime
        | CallError::ShuttingDown => false,
    }
}
