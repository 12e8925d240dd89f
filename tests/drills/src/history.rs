//! What the buyers asked and what was answered.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Serialize;
use uuid::Uuid;

/// One operation of one buyer, with everything that was sent for it under one key.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Operation {
    /// Who: buyers count from 0.
    pub(crate) buyer: usize,
    pub(crate) action: Action,
    /// When it was first sent, in microseconds since the trial began.
    pub(crate) invoked_us: u64,
    /// When its outcome was known, or given up.
    pub(crate) ended_us: u64,
    /// How often it was sent.
    pub(crate) attempts: u32,
    pub(crate) outcome: Outcome,
}

impl Operation {
    /// Whether something was promised by it.
    pub(crate) const fn is_granted(&self) -> bool {
        matches!(self.outcome, Outcome::Ok(_)) && !matches!(self.action, Action::Look)
    }
}

/// What a buyer can ask.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// Set seats aside. No other hold is ever asked for by the same person, so a hold in the
    /// journal names the operation that it belongs to.
    Hold {
        person: Uuid,
        want: Want,
        ttl_seconds: u32,
    },
    Release {
        hold: Uuid,
    },
    Extend {
        hold: Uuid,
        seconds: u32,
    },
    /// Sell a hold at the box office.
    Confirm {
        hold: Uuid,
    },
    Look,
}

/// Which seats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Want {
    Seats(Vec<String>),
    /// So many, wherever they are best.
    Best(usize),
}

/// The result of an operation.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Ok(Answer),
    /// It was refused, so nothing has changed.
    Refused(Refusal),
    /// Nobody can say: it may take effect later, or never.
    Unknown {
        /// What was seen last.
        why: String,
    },
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    /// Seats that were not to be had.
    pub(crate) taken: Vec<String>,
}

/// A promise.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    Held {
        hold: Uuid,
        seats: Vec<String>,
        expires_at: String,
        seq: u64,
    },
    Released {
        seq: u64,
    },
    Extended {
        expires_at: String,
        seq: u64,
    },
    Sold {
        booking: Uuid,
        tickets: Vec<Ticket>,
        seq: u64,
    },
    Seen(MapView),
}

/// A sold seat.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Ticket {
    pub(crate) seat: String,
    pub(crate) id: Uuid,
}

/// A seat map.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct MapView {
    /// The last entry in it.
    pub(crate) seq: u64,
    pub(crate) seats: BTreeMap<String, Seen>,
}

/// How a seat looks from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Seen {
    Available,
    /// Somebody's, for now.
    Reserved,
    /// Sold.
    Booked,
    /// Off sale, which no drill does.
    Blocked,
}

impl Seen {
    /// As the seat map says it.
    pub(crate) fn of(status: &str) -> Option<Self> {
        match status {
            "AVAILABLE" => Some(Self::Available),
            "RESERVED" => Some(Self::Reserved),
            "BOOKED" => Some(Self::Booked),
            "BLOCKED" => Some(Self::Blocked),
            _ => None,
        }
    }
}

/// All that the buyers of a trial wrote down.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// By when they were first sent.
    pub(crate) operations: Vec<Operation>,
    /// Requests that never reached a server.
    pub(crate) never_sent: u64,
    /// Acknowledged requests that were sent once more and must be answered the same.
    pub(crate) repeats: u64,
    /// What a buyer saw at once to be wrong.
    pub(crate) complaints: Vec<String>,
    /// Buyers whose server may have been deposed without knowing it yet: until an entry of its
    /// own is fenced off it refuses by what it remembers.
    pub(crate) astray: Range<usize>,
}

impl History {
    /// Puts several buyers' notes together.
    pub(crate) fn merge(notes: Vec<Self>) -> Self {
        let mut all = Self::default();
        for note in notes {
            all.operations.extend(note.operations);
            all.never_sent += note.never_sent;
            all.repeats += note.repeats;
            all.complaints.extend(note.complaints);
        }
        all.operations.sort_by_key(|operation| operation.invoked_us);
        all
    }

    /// Writes it beside the program for whoever looks into a violation; where.
    pub(crate) fn keep(&self, name: &str) -> std::io::Result<PathBuf> {
        let program = std::env::current_exe()?;
        let folder = program
            .parent()
            .unwrap_or_else(|| Path::new("."))
            .join("histories");
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{name}.jsonl"));
        let mut lines = Vec::new();
        for operation in &self.operations {
            serde_json::to_writer(&mut lines, operation)?;
            lines.push(b'\n');
        }
        std::fs::File::create(&path)?.write_all(&lines)?;
        Ok(path)
    }
}
