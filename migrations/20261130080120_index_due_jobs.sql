-- no-transaction
-- Why: a worker takes the jobs of its topics, and finds them however many of other topics wait.
-- The table is written with every sale, and no sale waits for this.

create index concurrently if not exists outbox_due_by_topic_idx
    on outbox (topic, available_at, id) where done_at is null and failed_at is null;
