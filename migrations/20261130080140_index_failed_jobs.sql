-- no-transaction
-- Why: operators are told how many jobs of a topic were given up. Without an index that is a walk through
-- the jobs of all topics, at every look.

create index concurrently if not exists outbox_failed_idx on outbox (topic) where failed_at is not null;
