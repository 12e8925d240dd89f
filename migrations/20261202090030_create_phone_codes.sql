-- Why: all servers together send a number one code a minute and a few a day, and look at five guesses of each.
-- One row decides that.

create table phone_codes (
    phone text not null,
    -- When a code was sent last, or began to be.
    sent_at timestamptz not null,
    -- The day in which so many were sent begins with the first of them.
    day_began_at timestamptz not null,
    sent integer not null,
    -- The code that is good. What it is is made of its id; where somebody else makes codes there is no digest.
    code_id uuid,
    digest bytea,
    expires_at timestamptz,
    attempts integer not null default 0,
    used_at timestamptz,
    -- The digest of the key under which it was asked for.
    key bytea,
    constraint phone_codes_pkey primary key (phone),
    constraint phone_codes_sent_not_negative check (sent >= 0),
    constraint phone_codes_attempts_not_negative check (attempts >= 0),
    constraint phone_codes_code_whole check ((code_id is null) = (expires_at is null))
)
-- Attempts change rows in place, and no index with them.
with (fillfactor = 70);

create index phone_codes_by_age_idx on phone_codes (sent_at);
