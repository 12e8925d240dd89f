//! What was asked, what was answered and what was seen, for the judgement at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use actors::box_office::{Answer, Durability};
use journal::{Append, Notice, Succession};
use seating::command::Command;
use seating::entry::{Entry, RequestStamp};
use seating::ids::{Epoch, HoldId, Seq, ShowtimeId};
use seating::rejection::{PlaceStatus, Rejection};
use seating::snapshot::{HoldImage, Snapshot};
use seating::timestamp::Timestamp;
use tokio::time::Instant;

use crate::clock::{START, micros};
use crate::kinds::{Fate, fates, named};
use crate::shared::Shared;
use crate::tally::Tally;

/// A command as it was asked, by however many attempts.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) showtime: ShowtimeId,
    pub(super) command: Command,
    pub(super) stamp: Option<RequestStamp>,
    /// Whether any attempt had an outcome other than a certain no.
    pub(super) may_be_recorded: bool,
}

/// What some owner said of its state at an entry.
#[derive(Clone, Debug)]
pub(super) enum Sight {
    Hold(HoldId, Option<HoldImage>),
    /// By seat.
    Seats(Vec<PlaceStatus>),
    Snapshot(Box<Snapshot>),
}

#[derive(Debug)]
pub(super) struct Books {
    begun: Instant,
    /// By how much any clock that was read was ever ahead. A showtime's own time is never further.
    pub(super) furthest_ahead_micros: Arc<AtomicI64>,
    pages: Shared<Pages>,
}

#[derive(Debug, Default)]
pub(super) struct Pages {
    pub(super) diary: Vec<String>,
    pub(super) tally: Tally,
    pub(super) complaint: Option<String>,
    pub(super) asked: Vec<Asked>,
    /// What was answered, with the number of what was asked.
    pub(super) told: Vec<(usize, Answer)>,
    pub(super) seen: Vec<(ShowtimeId, Seq, Sight)>,
    /// Who has begun a reign.
    claims: BTreeMap<ShowtimeId, Vec<(Epoch, u32)>>,
    /// Processes that are over.
    gone: BTreeSet<u32>,
    /// The last deadline in an answer to each hold's buyer.
    deadlines: BTreeMap<HoldId, Timestamp>,
}

impl Books {
    pub(super) fn open() -> Arc<Self> {
        Arc::new(Self {
            begun: Instant::now(),
            furthest_ahead_micros: Arc::new(AtomicI64::new(i64::MIN)),
            pages: Shared::default(),
        })
    }

    pub(super) fn begun(&self) -> Instant {
        self.begun
    }

    pub(super) fn with<R>(&self, f: impl FnOnce(&mut Pages) -> R) -> R {
        self.pages.with(f)
    }

    pub(super) fn note(&self, what: &fmt::Arguments<'_>) {
        let line = format!("{:>8} ms  {what}", self.begun.elapsed().as_millis());
        self.with(|pages| pages.diary.push(line));
    }

    pub(super) fn count(&self, f: impl FnOnce(&mut Tally)) {
        self.with(|pages| f(&mut pages.tally));
    }

    pub(super) fn complain(&self, what: String) {
        self.note(&format_args!("BROKEN: {what}"));
        self.with(|pages| pages.complaint.get_or_insert(what).len());
    }

    pub(super) fn has_complaint(&self) -> bool {
        self.with(|pages| pages.complaint.is_some())
    }

    pub(super) fn ask(
        &self,
        showtime: ShowtimeId,
        command: Command,
        stamp: Option<RequestStamp>,
    ) -> usize {
        self.with(|pages| {
            pages.asked.push(Asked {
                showtime,
                command,
                stamp,
                may_be_recorded: false,
            });
            pages.asked.len() - 1
        })
    }

    /// An attempt may have been recorded although nobody can say so.
    pub(super) fn unsure(&self, asked: usize) {
        self.with(|pages| pages.asked[asked].may_be_recorded = true);
    }

    /// An answer. `durable` is what the store has at its number at this moment.
    pub(super) fn tell(&self, asked: usize, answer: Answer, durable: Option<&Entry>) {
        if answer.durability == Durability::Journaled && durable != Some(&answer.entry) {
            self.complain(format!(
                "{:?} was acknowledged while the journal had {durable:?}",
                answer.entry
            ));
        }
        self.with(|pages| {
            pages.asked[asked].may_be_recorded = true;
            pages.deadlines.extend(promised_deadlines(&answer));
            pages.told.push((asked, answer));
        });
    }

    /// A command was refused by the rules: nobody's hold may be called expired before its time.
    ///
    /// A refusal is no promise, and a process that has been deposed without noticing may refuse
    /// by what it knew; only the one that owns the showtime has to know better.
    pub(super) fn refuse(&self, process: u32, asked: usize, rejection: &Rejection) {
        let (showtime, command, owner) = self.with(|pages| {
            let Asked {
                showtime, command, ..
            } = pages.asked[asked].clone();
            let claims = pages.claims.get(&showtime);
            let newest = claims.and_then(|claims| claims.last());
            (showtime, command, newest.map(|(_, of)| *of))
        });
        if owner != Some(process) {
            return;
        }
        let Some(hold) = named(&command).hold else {
            return;
        };
        let right = START.unix_micros() + micros(self.begun.elapsed());
        let latest = right + self.furthest_ahead_micros.load(Ordering::Relaxed);
        let deadline = self.with(|pages| pages.deadlines.get(&hold).copied());
        if *rejection == Rejection::HoldExpired
            && let Some(deadline) = deadline
            && deadline.unix_micros() > latest
        {
            self.complain(format!(
                "{hold} of {showtime} is called expired, but its deadline {deadline} is later than the \
                 clock that was ever furthest ahead would show ({latest}us)"
            ));
        }
    }

    pub(super) fn see(&self, showtime: ShowtimeId, seq: Seq, sight: Sight, durable: usize) {
        if seq.0 > durable as u64 {
            self.complain(format!(
                "entry {seq} was shown when only {durable} entries were durable"
            ));
        }
        self.with(|pages| {
            pages.tally.reads += 1;
            pages.seen.push((showtime, seq, sight));
        });
    }

    pub(super) fn claimed(&self, process: u32, showtime: ShowtimeId, epoch: Epoch) {
        self.note(&format_args!("p{process} claims {showtime}: epoch {epoch}"));
        let last = self.with(|pages| {
            let claims = pages.claims.entry(showtime).or_default();
            let last = claims.last().copied();
            claims.push((epoch, process));
            if last.is_some_and(|(_, of)| of != process) {
                pages.tally.takeovers += 1;
            }
            last
        });
        if last.is_some_and(|(last, _)| last >= epoch) {
            self.complain(format!("epoch {epoch} was claimed after {last:?}"));
        }
    }

    pub(super) fn gone(&self, process: u32) {
        self.with(|pages| pages.gone.insert(process));
    }

    /// Whether whoever claimed a showtime last is this process or one that is over.
    pub(super) fn is_left_to(&self, process: u32, showtime: ShowtimeId) -> bool {
        self.with(|pages| {
            let claims = pages.claims.get(&showtime);
            let newest = claims.and_then(|claims| claims.last());
            newest.is_none_or(|(_, of)| *of == process || pages.gone.contains(of))
        })
    }

    pub(super) fn overtaken(&self, process: u32, showtime: ShowtimeId, succession: Succession) {
        let Succession { from, to } = succession;
        self.note(&format_args!(
            "p{process} comes too late to claim {showtime}: epoch {from} to {to}"
        ));
        self.count(|tally| tally.claims_overtaken += 1);
    }

    pub(super) fn committed(&self, process: u32, append: &Append, notice: &Notice) {
        let (showtime, epoch) = (append.reign.showtime, append.reign.epoch);
        let entries = append.entries.len() as u64;
        self.note(&format_args!(
            "p{process} commits {entries} of {showtime} under epoch {epoch}: {notice:?}"
        ));
        let newest = self.with(|pages| {
            match notice {
                Notice::Durable(_) => pages.tally.entries += entries,
                Notice::Fenced => pages.tally.fenced += 1,
                Notice::Poisoned { .. } => pages.tally.poisoned += 1,
            }
            pages.claims.get(&showtime).and_then(|c| c.last().copied())
        });
        if matches!(notice, Notice::Durable(_)) && newest != Some((epoch, process)) {
            self.complain(format!(
                "p{process} made entries of {showtime} durable under epoch {epoch}, but the \
                 newest claim is {newest:?}"
            ));
        }
    }

    /// A process said that it was deposed: there must be somebody who did it.
    pub(super) fn deposed(&self, process: u32, showtime: ShowtimeId) {
        let justified = self.with(|pages| {
            let claims = pages.claims.get(&showtime);
            let mut since = claims.into_iter().flatten();
            let began = since.any(|(_, of)| *of == process);
            began && since.any(|(_, of)| *of != process)
        });
        if !justified {
            self.complain(format!(
                "p{process} says it was deposed from {showtime}, but nobody else has claimed it"
            ));
        }
    }
}

/// The deadlines that an answer promises. What was answered early may be forgotten.
fn promised_deadlines(answer: &Answer) -> Vec<(HoldId, Timestamp)> {
    if answer.durability == Durability::Memory {
        return Vec::new();
    }
    let fates = fates(&answer.entry.decision).into_iter();
    let deadline = |fate| match fate {
        Fate::LivesUntil(hold, deadline) => Some((hold, deadline)),
        Fate::Over(_) => None,
    };
    fates.filter_map(deadline).collect()
}
