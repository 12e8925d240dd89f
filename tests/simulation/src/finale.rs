//! The play from beginning to end: everybody comes, things break, everybody leaves, the faults
//! end, and then everything must be well again.

use std::sync::Arc;
use std::time::Duration;

use actors::clock::Clock;
use actors::error::CallError;
use rand::RngExt;
use seating::command::{BestAvailable, Command, Hold, Party, Role, Want};
use seating::ids::{BuyerId, HoldId, Seq, ShowtimeId};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::buyer::Person;
use crate::disruptor::Disruptor;
use crate::faulty_journal::{Life, Weather};
use crate::judgement::{judge, replayed};
use crate::process::Process;
use crate::world::{World, id};

/// Nobody's visit takes longer, whatever breaks: every call has a deadline.
const VISITS_MAX: Duration = Duration::from_hours(6);
/// When every showtime with holds has an owner after a start: a claim of one that was stopping
/// may still be in progress and come first, and then the next round finds it.
const WOKEN_WITHIN: Duration = Duration::from_secs(90);
/// How long a new owner may take once nothing is broken: the longest rest after failures.
const RECOVERY_MAX: Duration = Duration::from_mins(2);

pub(super) async fn play_and_judge(world: &Arc<World>) -> Result<(), String> {
    world.start(Duration::ZERO).await?;
    let mut visits = JoinSet::new();
    let people = world.random(1 << 33).random_range(3..9);
    for number in 0..people {
        visits.spawn(Person::new(world, number).visit());
    }
    let disruptor = tokio::spawn(Disruptor::new(world).disrupt());
    while let Some(left) = timeout(VISITS_MAX, visits.join_next())
        .await
        .map_err(|_elapsed| "somebody never got an answer".to_owned())?
    {
        left.map_err(|died| format!("somebody died: {died}"))?;
    }
    disruptor.abort();
    world.books.note(&format_args!("everybody has left"));
    heal(world);
    for process in world.running() {
        live_state_is_the_replayed_one(world, &process).await?;
    }
    let next = start_after_a_crash(world).await?;
    for showtime in &world.showtimes {
        everything_works_again(world, &next, *showtime).await?;
    }
    live_state_is_the_replayed_one(world, &next).await?;
    let last = start_after_a_crash(world).await?;
    holds_end_by_themselves(world, &last).await?;
    for showtime in &world.showtimes {
        judge(world, *showtime).map_err(|what| format!("{showtime}: {what}"))?;
    }
    Ok(())
}

/// Ends every fault.
fn heal(world: &World) {
    for showtime in &world.showtimes {
        world.store.poison(*showtime, Seq(u64::MAX));
    }
    for process in world.running() {
        process.journal.set_life(Life::Running);
        process.journal.set_weather(Weather::Fair);
    }
}

/// Ends every process and starts another one.
async fn start_after_a_crash(world: &World) -> Result<Arc<Process>, String> {
    for process in world.running() {
        world.take_out(&process);
        process.crash();
    }
    world.start_with_room().await
}

/// An owner's own state is what the durable entries make of it.
async fn live_state_is_the_replayed_one(world: &World, process: &Process) -> Result<(), String> {
    for showtime in &world.showtimes {
        let Ok(owned) = process.office.showtime(*showtime).await else {
            // Deposed, or still at rest after failures: it has nothing to say.
            continue;
        };
        let Ok(snapshot) = owned.snapshot().await else {
            continue;
        };
        let entries = world.store.durable(*showtime);
        let known = usize::try_from(snapshot.seq.0).unwrap_or(usize::MAX);
        let covered = entries
            .get(..known)
            .ok_or_else(|| format!("an owner is at {known}, the journal is not"))?;
        if snapshot != replayed(world, covered)? {
            return Err(format!(
                "p{}'s state of {showtime} at entry {known} differs from the replay",
                process.number
            ));
        }
    }
    Ok(())
}

/// A new process serves every showtime within a bounded time.
async fn everything_works_again(
    world: &World,
    process: &Process,
    showtime: ShowtimeId,
) -> Result<(), String> {
    let mut random = world.random(1 << 34);
    let answered = timeout(RECOVERY_MAX, async {
        loop {
            let hold = Command::Hold(Hold {
                hold: HoldId::new(id(&mut random)),
                by: Party {
                    buyer: BuyerId::new(id(&mut random)),
                    role: Role::Staff,
                },
                want: Want::BestAvailable(BestAvailable {
                    quantity: 1,
                    sections: Vec::new(),
                    tiers: Vec::new(),
                    allow_split: false,
                }),
                ttl_seconds: None,
                replace: None,
                include_blocked: false,
            });
            let asked = world.books.ask(showtime, hold.clone(), None);
            world.books.unsure(asked);
            let answered = match process.office.showtime(showtime).await {
                Ok(owned) => owned.execute(hold, None).await,
                Err(error) => Err(error),
            };
            match answered {
                Ok(answer) => {
                    let durable = world.durable(showtime, answer.entry.seq).await;
                    return world.books.tell(asked, answer, durable.as_ref());
                }
                Err(CallError::Rejected(_)) => return,
                Err(error) => {
                    world.books.note(&format_args!("not yet: {error}"));
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    });
    let answered = answered.await;
    answered.map_err(|_elapsed| format!("{showtime} is not served although nothing is broken"))
}

/// With nobody asking, every hold ends when its deadline comes: a new process wakes what the last
/// one left behind, and its owners set their alarms before they have heard of any command.
async fn holds_end_by_themselves(world: &World, process: &Process) -> Result<(), String> {
    tokio::time::sleep(WOKEN_WITHIN).await;
    for showtime in &world.showtimes {
        let ledger = judge(world, *showtime).map_err(|what| format!("{showtime}: {what}"))?;
        let now = process.clock.now();
        if let Some(deadline) = ledger.last_deadline() {
            let wait = Duration::from_micros(deadline.micros_after(now));
            tokio::time::sleep(wait + Duration::from_secs(5)).await;
        }
        let ledger = judge(world, *showtime).map_err(|what| format!("{showtime}: {what}"))?;
        if ledger.live_count() > 0 {
            let left = ledger.live_count();
            return Err(format!("{left} holds of {showtime} never expired"));
        }
    }
    Ok(())
}
