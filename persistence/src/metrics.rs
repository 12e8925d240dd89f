//! Every metric of this crate by name. Gauges that follow from a state are set by
//! [`crate::journal::PgJournal::record_gauges`] whenever somebody looks.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

pub(crate) const JOURNAL_ENTRIES: &str = "fullhouse_journal_entries_total";
pub(crate) const JOURNAL_BATCHES: &str = "fullhouse_journal_batches_total";
pub(crate) const JOURNAL_BATCH_ENTRIES: &str = "fullhouse_journal_batch_entries";
pub(crate) const JOURNAL_FLUSH_SECONDS: &str = "fullhouse_journal_flush_seconds";
pub(crate) const JOURNAL_QUEUE_DEPTH: &str = "fullhouse_journal_queue_depth";
pub(crate) const JOURNAL_OLDEST_PENDING_SECONDS: &str = "fullhouse_journal_oldest_pending_seconds";
pub(crate) const JOURNAL_RETRIES: &str = "fullhouse_journal_retries_total";
pub(crate) const JOURNAL_FENCED: &str = "fullhouse_journal_fenced_total";
pub(crate) const JOURNAL_POISONED: &str = "fullhouse_journal_poisoned_total";
pub(crate) const SNAPSHOTS_SAVED: &str = "fullhouse_snapshots_saved_total";
pub(crate) const SNAPSHOTS_DAMAGED: &str = "fullhouse_snapshots_damaged_total";
pub(crate) const POOL_CONNECTIONS: &str = "fullhouse_pool_connections";
pub(crate) const POOL_IDLE_CONNECTIONS: &str = "fullhouse_pool_idle_connections";

/// Describes them all to the recorder, once at start.
pub fn describe() {
    describe_counter!(JOURNAL_ENTRIES, Unit::Count, "Entries made durable");
    describe_counter!(JOURNAL_BATCHES, Unit::Count, "Batches settled");
    describe_histogram!(JOURNAL_BATCH_ENTRIES, Unit::Count, "Entries of a batch");
    describe_histogram!(
        JOURNAL_FLUSH_SECONDS,
        Unit::Seconds,
        "From taking a batch up until it is settled"
    );
    describe_gauge!(
        JOURNAL_QUEUE_DEPTH,
        Unit::Count,
        "Appends that are neither durable nor refused"
    );
    describe_gauge!(
        JOURNAL_OLDEST_PENDING_SECONDS,
        Unit::Seconds,
        "Age of the oldest batch that is not settled"
    );
    describe_counter!(JOURNAL_RETRIES, Unit::Count, "Tries of a batch that failed");
    describe_counter!(
        JOURNAL_FENCED,
        Unit::Count,
        "Groups of appends refused because a newer reign had begun"
    );
    describe_counter!(
        JOURNAL_POISONED,
        Unit::Count,
        "Reigns ended because the database refuses an entry for good"
    );
    describe_counter!(SNAPSHOTS_SAVED, Unit::Count, "Snapshots stored");
    describe_counter!(
        SNAPSHOTS_DAMAGED,
        Unit::Count,
        "Snapshots skipped because they cannot be read"
    );
    describe_gauge!(POOL_CONNECTIONS, Unit::Count, "Connections of the pool");
    describe_gauge!(
        POOL_IDLE_CONNECTIONS,
        Unit::Count,
        "Connections of the pool that nobody uses"
    );
}
