-- Why: a refund or a notification must follow its event exactly when the event is durable. The
-- job is written in the event's transaction and worked off later, at least once.

create table outbox (
    id bigint generated always as identity,
    topic text not null,
    showtime_id uuid not null,
    seq bigint not null,
    payload jsonb not null,
    created_at timestamptz not null,
    available_at timestamptz not null,
    attempts integer not null default 0,
    done_at timestamptz,
    constraint outbox_pkey primary key (id),
    -- One job of a kind per event, so that writing a batch again can never pay twice.
    constraint outbox_job_of_event_key unique (showtime_id, seq, topic),
    constraint outbox_attempts_not_negative check (attempts >= 0)
);

create index outbox_due_idx on outbox (available_at, id) where done_at is null;
