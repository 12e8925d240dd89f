//! The judgement: the answers that everybody got against what the journals say.

pub(crate) mod ledger;

use std::collections::BTreeMap;
use std::sync::Arc;

use actors::box_office::Durability;
use seating::entry::{Decision, Entry};
use seating::ids::{Seq, ShowtimeId};
use seating::seat_map::SeatMap;
use seating::snapshot::{HoldLife, Snapshot};

use crate::books::{Asked, Pages, Sight};
use crate::judgement::ledger::Ledger;
use crate::kinds::answers_to;
use crate::world::World;

type Judged = Result<(), String>;

/// Judges everything about one showtime and gives back its ledger.
pub(super) fn judge(world: &World, showtime: ShowtimeId) -> Result<Ledger, String> {
    let entries = world.store.durable(showtime);
    world.books.with(|pages| {
        let ledger = judge_entries(world, showtime, &entries, pages)?;
        judge_answers(showtime, &entries, pages)?;
        judge_requests(showtime, &entries, pages)?;
        Ok(ledger)
    })
}

/// The state as the durable entries make it.
pub(super) fn replayed(world: &World, entries: &[Entry]) -> Result<Snapshot, String> {
    let mut map = SeatMap::new(Arc::clone(&world.layout));
    for entry in entries {
        map.apply(entry).map_err(|broken| broken.to_string())?;
    }
    map.check().map_err(|violation| violation.to_string())?;
    map.snapshot()
        .ok_or_else(|| "there is no first entry".to_owned())
}

/// Entry by entry, with what was seen after each.
fn judge_entries(
    world: &World,
    showtime: ShowtimeId,
    entries: &[Entry],
    pages: &Pages,
) -> Result<Ledger, String> {
    let mut seen: BTreeMap<Seq, Vec<&Sight>> = BTreeMap::new();
    for (_, seq, sight) in pages.seen.iter().filter(|(of, _, _)| *of == showtime) {
        seen.entry(*seq).or_default().push(sight);
    }
    let mut ledger = Ledger::default();
    for (at, entry) in entries.iter().enumerate() {
        ledger.enter(&world.layout, entry)?;
        for sight in seen.remove(&entry.seq).into_iter().flatten() {
            judge_sight(world, &ledger, &entries[..=at], sight)
                .map_err(|what| format!("after entry {}: {what}", entry.seq))?;
        }
    }
    match seen.first_key_value() {
        None => Ok(ledger),
        Some((seq, _)) => Err(format!(
            "something was seen after entry {seq}, which is lost"
        )),
    }
}

fn judge_sight(world: &World, ledger: &Ledger, entries: &[Entry], sight: &Sight) -> Judged {
    match sight {
        Sight::Hold(id, image) => {
            let live = image
                .as_ref()
                .filter(|hold| !matches!(hold.life, HoldLife::Ended(_)));
            let as_seen = live.map(|hold| {
                let pin = match hold.life {
                    HoldLife::Pinned(booking) => Some(booking),
                    HoldLife::Held | HoldLife::Ended(_) => None,
                };
                (hold.buyer, hold.expires_at, pin, &hold.places)
            });
            let hold = ledger.live(*id);
            let as_is = hold.map(|hold| (hold.buyer, hold.deadline, hold.pinned, &hold.places));
            must(as_seen == as_is, || {
                format!("a hold was seen as {image:?}, it is {hold:?}")
            })
        }
        Sight::Seats(statuses) => {
            let seats = world.layout.seats().zip(statuses);
            let mut wrong = seats.filter(|(seat, status)| ledger.status(*seat) != **status);
            must(wrong.next().is_none(), || {
                "a view shows another status".to_owned()
            })
        }
        Sight::Snapshot(snapshot) => {
            let expected = replayed(world, entries)?;
            must(**snapshot == expected, || {
                "a snapshot differs from the replay".to_owned()
            })
        }
    }
}

/// What was acknowledged is there, and the same request always got the same answer.
fn judge_answers(showtime: ShowtimeId, entries: &[Entry], pages: &Pages) -> Judged {
    let mut answers: BTreeMap<usize, &Entry> = BTreeMap::new();
    for (asked, answer) in &pages.told {
        let of = &pages.asked[*asked];
        if of.showtime != showtime {
            continue;
        }
        must(answers_to(&of.command, &answer.entry.decision), || {
            format!("{:?} was answered with {:?}", of.command, answer.entry)
        })?;
        if answer.durability == Durability::Memory {
            continue;
        }
        let at = usize::try_from(answer.entry.seq.0).unwrap_or(usize::MAX);
        let kept = entries.get(at.wrapping_sub(1));
        must(kept == Some(&*answer.entry), || {
            format!(
                "{:?} was acknowledged, the journal has {kept:?}",
                answer.entry
            )
        })?;
        let before = answers.insert(*asked, &answer.entry);
        must(before.is_none_or(|before| *before == *answer.entry), || {
            format!("{:?} had two answers", of.command)
        })?;
    }
    Ok(())
}

/// Every entry was asked for, and what was refused for certain left no trace.
fn judge_requests(showtime: ShowtimeId, entries: &[Entry], pages: &Pages) -> Judged {
    let here = || {
        pages
            .asked
            .iter()
            .filter(|asked| asked.showtime == showtime)
    };
    for entry in entries {
        if matches!(
            entry.decision,
            Decision::Opened(_) | Decision::Expired { .. }
        ) {
            continue;
        }
        let fits = |asked: &&Asked| {
            asked.stamp == entry.request && answers_to(&asked.command, &entry.decision)
        };
        let mut asked = here().filter(fits).peekable();
        must(asked.peek().is_some(), || {
            format!("nobody asked for {entry:?}")
        })?;
        must(asked.any(|asked| asked.may_be_recorded), || {
            format!("{entry:?} was recorded, but its caller got an answer that it was not")
        })?;
    }
    Ok(())
}

fn must(holds: bool, otherwise: impl FnOnce() -> String) -> Judged {
    if holds { Ok(()) } else { Err(otherwise()) }
}
