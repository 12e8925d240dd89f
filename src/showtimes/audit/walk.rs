//! One walk through a journal, comparing on the way.

use std::sync::Arc;

use persistence::entry_kind::writes;
use persistence::error::StoreError;
use persistence::showtimes::{Showtimes, StoredEntry};
use seating::counts::Counts;
use seating::entry::Entry;
use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::seat_layout::{SeatLayout, SectionIndex};
use seating::seat_map::SeatMap;
use seating::snapshot::Snapshot;

use super::bookings::{LastChanges, compare, sold};
use super::report::Report;
use super::tables::Tables;

/// A replay with what it is to meet on its way.
pub(super) struct Walk<'a> {
    id: ShowtimeId,
    map: SeatMap,
    tables: &'a Tables,
    memory: Option<&'a Snapshot>,
    snapshot: Option<&'a Snapshot>,
    epoch: Epoch,
    /// When each booking last changed.
    changes: LastChanges,
    /// Whether the live tickets were met at some entry while they were read.
    sold_met: bool,
    differences: Vec<String>,
}

/// Entries fetched at once.
const PAGE: u32 = 5_000;

/// Differences that one report lists.
const DIFFERENCES_MAX: usize = 100;

impl<'a> Walk<'a> {
    pub(super) fn new(id: ShowtimeId, layout: Arc<SeatLayout>, tables: &'a Tables) -> Self {
        Self {
            id,
            map: SeatMap::new(layout),
            tables,
            memory: None,
            snapshot: None,
            epoch: Epoch::default(),
            changes: LastChanges::default(),
            sold_met: false,
            differences: Vec::new(),
        }
    }

    pub(super) const fn expect_memory(&mut self, memory: Option<&'a Snapshot>) {
        self.memory = memory;
    }

    pub(super) const fn expect_snapshot(&mut self, snapshot: Option<&'a Snapshot>) {
        self.snapshot = snapshot;
    }

    pub(super) fn differ(&mut self, difference: String) {
        if self.differences.len() < DIFFERENCES_MAX {
            self.differences.push(difference);
        }
    }

    /// Replays up to the last entry that anything is compared at.
    pub(super) async fn run(&mut self, showtimes: &Showtimes) -> Result<(), StoreError> {
        let last = self.last_seq();
        while self.map.seq() < last {
            let page = showtimes
                .journal_page(self.id, self.map.seq(), PAGE)
                .await?;
            if page.is_empty() {
                let (end, wanted) = (self.map.seq(), last);
                self.differ(format!(
                    "journal: ends at {end}, but something knows entry {wanted}"
                ));
                break;
            }
            if !self.apply_page(&page, last) {
                return Ok(());
            }
        }
        self.finish();
        Ok(())
    }

    fn last_seq(&self) -> Seq {
        let memory = self.memory.map(|memory| memory.seq);
        let snapshot = self.snapshot.map(|snapshot| snapshot.seq);
        let others = memory.into_iter().chain(snapshot);
        others.fold(
            self.tables.after.max(self.tables.availability_seq()),
            Seq::max,
        )
    }

    /// `false` when the replay cannot go on.
    pub(super) fn apply_page(&mut self, page: &[StoredEntry], last: Seq) -> bool {
        for stored in page.iter().take_while(|stored| stored.entry.seq <= last) {
            if let Err(difference) = self.apply(stored) {
                self.differ(difference);
                return false;
            }
            self.compare_here(&stored.entry);
        }
        true
    }

    fn apply(&mut self, stored: &StoredEntry) -> Result<(), String> {
        let entry = &stored.entry;
        if entry.seq != self.map.seq().next() {
            let last = self.map.seq();
            return Err(format!("journal: entry {} follows entry {last}", entry.seq));
        }
        if entry.at < self.map.at() {
            return Err(format!(
                "journal: entry {} is earlier than the one before",
                entry.seq
            ));
        }
        if stored.epoch < self.epoch {
            let (older, newer) = (stored.epoch, self.epoch);
            let seq = entry.seq;
            return Err(format!(
                "journal: entry {seq} of epoch {older} follows epoch {newer}"
            ));
        }
        self.epoch = stored.epoch;
        self.changes.note(entry);
        self.map
            .apply(entry)
            .map_err(|broken| format!("journal: {broken}"))
    }

    fn compare_here(&mut self, entry: &Entry) {
        let seq = entry.seq;
        if self.memory.is_some_and(|memory| memory.seq == seq) {
            self.compare_state("memory", self.memory);
        }
        if self.snapshot.is_some_and(|snapshot| snapshot.seq == seq) {
            self.compare_state("snapshot", self.snapshot);
        }
        if seq == self.tables.availability_seq() {
            self.compare_availability();
        }
        let read_now = (self.tables.before..=self.tables.after).contains(&seq);
        if read_now
            && !self.sold_met
            && (seq == self.tables.before || writes(&entry.decision).changes_tickets())
        {
            let live = self.map.snapshot();
            let layout = self.map.layout();
            self.sold_met = live.is_some_and(|live| sold(&live, layout) == self.tables.sold);
        }
    }

    fn compare_state(&mut self, name: &str, other: Option<&Snapshot>) {
        let replayed = self.map.snapshot();
        let (Some(replayed), Some(other)) = (replayed, other) else {
            return self.differ(format!("{name}: the journal has not opened the showtime"));
        };
        for part in different_parts(&replayed, other) {
            let seq = other.seq;
            self.differ(format!(
                "{name}: its {part} at entry {seq} are not the journal's"
            ));
        }
    }

    fn compare_availability(&mut self) {
        let sections = 0..self.map.layout().sections().len();
        if self.tables.availability.len() != sections.len() {
            self.differ("availability: not one row for each section".to_owned());
        }
        for row in &self.tables.availability {
            if usize::from(row.section.0) >= sections.len() {
                continue;
            }
            let counts: Counts = self.map.section_counts(SectionIndex(row.section.0));
            if counts != row.counts {
                let code = &self.map.layout().section(row.section).code;
                let stored = row.counts;
                let words = format!("availability: {code:?} is {stored:?}, replayed {counts:?}");
                self.differ(words);
            }
        }
    }

    pub(super) fn finish(&mut self) {
        if let Err(violation) = self.map.check() {
            self.differ(format!("invariant: {violation}"));
        }
        let counts = self.map.total_counts();
        if counts.available() + counts.taken() != counts.capacity {
            self.differ(format!("places: {counts:?} do not add up to the capacity"));
        }
        if counts.capacity != self.map.layout().capacity() {
            self.differ("places: the counts' capacity is not the layout's".to_owned());
        }
        if !self.sold_met {
            self.differ("tickets: the live tickets are not the journal's sold places".to_owned());
        }
        let Some(replayed) = self.map.snapshot() else {
            return self.differ("journal: the showtime was never opened".to_owned());
        };
        let layout = Arc::clone(self.map.layout());
        let differences = compare(self.tables, &self.changes, &replayed, &layout);
        for difference in differences {
            self.differ(difference);
        }
    }

    pub(super) fn report(self) -> Report {
        let counts = self.map.total_counts();
        Report {
            showtime_id: self.id.uuid(),
            consistent: self.differences.is_empty(),
            seq: self.map.seq().0,
            double_sales: self.tables.sold.double_sales(),
            capacity: counts.capacity,
            free: counts.available(),
            held: counts.held,
            pinned: counts.pinned,
            booked: counts.booked,
            blocked: counts.blocked,
            memory_seq: self.memory.map(|memory| memory.seq.0),
            snapshot_seq: self.snapshot.map(|snapshot| snapshot.seq.0),
            bookings: self.tables.bookings.len(),
            differences: self.differences,
        }
    }
}

fn different_parts(replayed: &Snapshot, other: &Snapshot) -> Vec<&'static str> {
    let parts = [
        ("terms", replayed.terms == other.terms),
        ("holds", replayed.holds == other.holds),
        ("ended holds", replayed.ended_holds == other.ended_holds),
        ("bookings", replayed.bookings == other.bookings),
        (
            "blocked seats",
            replayed.blocked_seats == other.blocked_seats,
        ),
        (
            "blocked areas",
            replayed.blocked_areas == other.blocked_areas,
        ),
        (
            "answered requests",
            replayed.outcomes == other.outcomes && replayed.forgotten == other.forgotten,
        ),
        ("times", replayed.at == other.at),
    ];
    parts
        .into_iter()
        .filter(|(_, same)| !same)
        .map(|(name, _)| name)
        .collect()
}
