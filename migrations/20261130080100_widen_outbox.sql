-- Why: mails of accounts are jobs too, and follow from no entry of a journal. Their worker takes those
-- of its topics alone, and finds them however many of other topics wait. One that can never be done is
-- kept for people to look at, and is not tried again.

set local lock_timeout = '3s';

alter table outbox alter column showtime_id drop not null;
alter table outbox alter column seq drop not null;
alter table outbox add constraint outbox_entry_whole check ((showtime_id is null) = (seq is null));

alter table outbox add column failed_at timestamptz;
alter table outbox add column last_error text;

create index outbox_due_by_topic_idx
    on outbox (topic, available_at, id) where done_at is null and failed_at is null;

-- When a person is erased, so are the mails that wait for them.
create index outbox_mails_of_account_idx on outbox ((payload ->> 'account_id')) where topic = 'mail';
