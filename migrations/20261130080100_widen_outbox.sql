-- Why: mails of accounts are jobs too, and follow from no entry of a journal. One that can never be done is
-- kept for people to look at, and is not tried again. What old rows are is looked at in a step of its own.

set local lock_timeout = '3s';

alter table outbox alter column showtime_id drop not null;
alter table outbox alter column seq drop not null;
alter table outbox add constraint outbox_entry_whole
    check ((showtime_id is null) = (seq is null)) not valid;

alter table outbox add column failed_at timestamptz;
alter table outbox add column last_error text;
