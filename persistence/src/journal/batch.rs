//! A batch: appends encoded in the order of their arrival and grouped by reign, ready for one
//! transaction.

use std::collections::HashMap;
use std::sync::Arc;

use journal::{Append, Reign};
use seating::counts::Counts;
use seating::entry::Entry;
use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::seat_layout::SectionIndex;
use seating::timestamp::Timestamp;
use uuid::Uuid;

use crate::codec;
use crate::entry_kind::code;
use crate::pg_types::{BigInt, Int, bigint, ordinal};

/// The first capacity per entry: most are holds and their ends, which are small. Others make it grow.
const PAYLOAD_BYTES_USUAL: usize = 80;

/// Appends that go into one transaction.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) groups: Vec<Group>,
    pub(super) rows: Vec<EntryRow>,
    payloads: Vec<u8>,
    index: GroupIndex,
    /// Why the batch cannot be written: an entry cannot be encoded, or does not follow the last one.
    pub(super) defect: Option<String>,
}

/// Appends of one reign, in order.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) reign: Arc<Reign>,
    pub(super) appends: Vec<Append>,
    /// The latest counts of every section that the appends touch.
    pub(super) sections: Vec<CountsRow>,
}

/// One journal row, without what its group has once for all.
#[derive(Debug)]
pub(super) struct EntryRow {
    /// Index of its group.
    pub(super) group: usize,
    pub(super) seq: Seq,
    pub(super) at: Timestamp,
    pub(super) kind: i16,
    /// Where its payload ends; it starts where the one before ends.
    payload_end: usize,
}

/// The counts of a section after the entry `seq`.
#[derive(Debug)]
pub(super) struct CountsRow {
    pub(super) section: SectionIndex,
    pub(super) counts: Counts,
    pub(super) seq: Seq,
}

impl Batch {
    /// An empty one with room for so many appends of one entry each.
    pub(super) fn with_room(appends: usize) -> Self {
        Self {
            rows: Vec::with_capacity(appends),
            payloads: Vec::with_capacity(appends * PAYLOAD_BYTES_USUAL),
            ..Self::default()
        }
    }

    /// The appends, which must be in order, as one batch.
    pub(super) fn of(appends: impl IntoIterator<Item = Append>) -> Self {
        let mut batch = Self::default();
        for append in appends {
            batch.push(append);
        }
        batch
    }

    /// Adds an append.
    pub(super) fn push(&mut self, append: Append) {
        let next = self.groups.len();
        let group = self.index.find(&append.reign, next);
        if group == next {
            self.groups.push(Group {
                reign: Arc::clone(&append.reign),
                appends: Vec::new(),
                sections: Vec::new(),
            });
        }
        let mut last = self.groups[group].appends.last().map(last_seq);
        for entry in &append.entries {
            if last.is_some_and(|last| entry.seq != last.next()) {
                // Halving the batch finds which of its appends it was.
                self.defect = Some(format!(
                    "entry {} does not follow the one before",
                    entry.seq
                ));
            }
            last = Some(entry.seq);
            self.encode(group, entry);
        }
        self.groups[group].push(append);
    }

    fn encode(&mut self, group: usize, entry: &Entry) {
        if let Err(error) = codec::encode_entry(entry, &mut self.payloads) {
            self.defect = Some(format!("entry {} cannot be written: {error}", entry.seq));
        }
        self.rows.push(EntryRow {
            group,
            seq: entry.seq,
            at: entry.at,
            kind: code(entry.decision.kind()),
            payload_end: self.payloads.len(),
        });
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Bytes of all payloads.
    pub(super) fn payload_bytes(&self) -> usize {
        self.payloads.len()
    }

    /// The groups' showtimes, in order.
    pub(super) fn showtimes(&self) -> impl Iterator<Item = Uuid> {
        self.groups.iter().map(|group| group.reign.showtime.uuid())
    }

    /// The groups' epochs, in order.
    pub(super) fn epochs(&self) -> impl Iterator<Item = BigInt> {
        self.groups.iter().map(|group| bigint(group.reign.epoch.0))
    }

    /// The rows' groups, in order, as the database numbers them.
    pub(super) fn ordinals(&self) -> impl Iterator<Item = Int> {
        self.rows.iter().map(|row| ordinal(row.group))
    }

    /// The rows' numbers in their journals, in order.
    pub(super) fn seqs(&self) -> impl Iterator<Item = BigInt> {
        self.rows.iter().map(|row| bigint(row.seq.0))
    }

    /// The rows' payloads, in order.
    pub(super) fn payloads(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.rows.iter().map(move |row| {
            let payload = &self.payloads[start..row.payload_end];
            start = row.payload_end;
            payload
        })
    }

    /// The latest counts of every section touched, each with the index of its group.
    pub(super) fn sections(&self) -> impl Iterator<Item = (usize, &CountsRow)> + Clone {
        let groups = self.groups.iter().enumerate();
        groups.flat_map(|(at, group)| group.sections.iter().map(move |section| (at, section)))
    }

    /// Keeps the groups that `keep` wants and returns the others.
    pub(super) fn partition(self, keep: impl FnMut(&Group) -> bool) -> (Self, Vec<Group>) {
        let whole = self.groups.len();
        let (kept, others): (Vec<_>, Vec<_>) = self.groups.into_iter().partition(keep);
        if others.is_empty() && kept.len() == whole {
            let index = GroupIndex::default();
            let batch = Self {
                groups: kept,
                rows: self.rows,
                payloads: self.payloads,
                index,
                defect: self.defect,
            };
            return (batch, others);
        }
        (Self::of_groups(kept), others)
    }

    /// Two batches of half the groups, or half the appends of the only group; itself when it is
    /// a single append. The first half must be settled first.
    pub(super) fn halve(mut self) -> Result<(Self, Self), Box<Self>> {
        if self.groups.len() > 1 {
            let second = self.groups.split_off(self.groups.len() / 2);
            return Ok((Self::of_groups(self.groups), Self::of_groups(second)));
        }
        let Some(group) = self.groups.first_mut().filter(|g| g.appends.len() > 1) else {
            return Err(Box::new(self));
        };
        let second = group.appends.split_off(group.appends.len() / 2);
        Ok((Self::of_groups(self.groups), Self::of(second)))
    }

    fn of_groups(groups: Vec<Group>) -> Self {
        Self::of(groups.into_iter().flat_map(|group| group.appends))
    }
}

impl Group {
    fn push(&mut self, append: Append) {
        let seq = last_seq(&append);
        for &(section, counts) in &append.counts {
            let latest = CountsRow {
                section,
                counts,
                seq,
            };
            match self.sections.iter_mut().find(|it| it.section == section) {
                Some(known) => *known = latest,
                None => self.sections.push(latest),
            }
        }
        self.appends.push(append);
    }

    /// The first entry's number.
    pub(super) fn first_seq(&self) -> Seq {
        let entry = self.appends.first().and_then(|it| it.entries.first());
        entry.map_or(Seq::ZERO, |entry| entry.seq)
    }

    /// The last entry's number.
    pub(super) fn last_seq(&self) -> Seq {
        self.appends.last().map_or(Seq::ZERO, last_seq)
    }

    /// Entries in all appends.
    pub(super) fn entry_count(&self) -> u64 {
        self.appends.iter().map(|it| it.entries.len() as u64).sum()
    }

    /// All entries, in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        let entries = self.appends.iter().flat_map(|append| &append.entries);
        entries.map(Arc::as_ref)
    }
}

fn last_seq(append: &Append) -> Seq {
    append.entries.last().map_or(Seq::ZERO, |entry| entry.seq)
}

/// Finds a reign's group. Most batches are of one showtime, so the latest is tried first.
#[derive(Debug, Default)]
struct GroupIndex {
    latest: Option<(ShowtimeId, Epoch, usize)>,
    groups: HashMap<(ShowtimeId, Epoch), usize>,
}

impl GroupIndex {
    /// The reign's group, or `next` when it has none yet.
    fn find(&mut self, reign: &Reign, next: usize) -> usize {
        if let Some((showtime, epoch, group)) = self.latest
            && showtime == reign.showtime
            && epoch == reign.epoch
        {
            return group;
        }
        let key = (reign.showtime, reign.epoch);
        let group = *self.groups.entry(key).or_insert(next);
        self.latest = Some((reign.showtime, reign.epoch, group));
        group
    }
}
