-- Why: whoever signs out, everywhere or on one device, wants the tokens of there to be worth nothing at once.
-- An access token names its session, so every server keeps the sessions that have ended until the last
-- token of theirs would have expired anyway.

create table ended_sessions (
    session_id uuid not null,
    forget_at timestamptz not null,
    constraint ended_sessions_pkey primary key (session_id)
);

create index ended_sessions_by_age_idx on ended_sessions (forget_at);
