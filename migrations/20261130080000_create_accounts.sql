-- Why: buyers register and sign in, and a program that sells to them must know who is who, on which
-- devices they are signed in, and by which mails they may prove an address or replace a password.

create table accounts (
    id uuid not null,
    -- As its owner writes it.
    email text,
    -- What makes two addresses one: the same without regard to case.
    email_key text,
    email_verified_at timestamptz,
    name text,
    phone text,
    role text not null,
    -- Argon2's or bcrypt's own text; null when no password opens the account.
    password_hash text,
    failed_logins integer not null default 0,
    last_failed_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    blocked_at timestamptz,
    -- The person is gone; the row stays, because bookings name it.
    erased_at timestamptz,
    constraint accounts_pkey primary key (id),
    constraint accounts_email_unique unique (email_key),
    constraint accounts_role_known check (role in ('USER', 'EDITOR', 'SUPER_ADMIN')),
    constraint accounts_failed_logins_not_negative check (failed_logins >= 0),
    constraint accounts_erased_or_whole check (
        case when erased_at is null
            then email is not null and email_key is not null and name is not null
            else email is null and email_key is null and name is null and phone is null
                and password_hash is null
        end)
)
-- Failures and passwords change rows in place, and no index with them.
with (fillfactor = 85);

create index accounts_staff_idx on accounts (role, id) where role <> 'USER';

-- A session is a device that is signed in. Each use of its refresh token makes the next one: the
-- number of the newest is kept, and no token, for they are made and checked with a key.
create table sessions (
    id uuid not null,
    account_id uuid not null,
    device text not null,
    address text not null,
    created_at timestamptz not null,
    last_used_at timestamptz not null,
    expires_at timestamptz not null,
    generation integer not null default 0,
    constraint sessions_pkey primary key (id),
    constraint sessions_account_fkey foreign key (account_id) references accounts (id),
    constraint sessions_generation_not_negative check (generation >= 0)
)
with (fillfactor = 70);

create index sessions_of_account_idx on sessions (account_id);

-- What a mail may be answered with, once. Used ones are deleted.
create table account_links (
    id uuid not null,
    account_id uuid not null,
    purpose text not null,
    -- The address that is proved by it, where it is not the account's own yet.
    email text,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    constraint account_links_pkey primary key (id),
    constraint account_links_account_fkey foreign key (account_id) references accounts (id),
    constraint account_links_purpose_known
        check (purpose in ('verify_email', 'change_email', 'reset_password'))
);

create index account_links_of_account_idx on account_links (account_id);

-- What was done under a key, so that the same request gets the first answer.
create table keyed_writes (
    key bytea not null,
    fingerprint bytea not null,
    account_id uuid not null,
    -- The one that was opened, where one was.
    session_id uuid,
    created_at timestamptz not null,
    constraint keyed_writes_pkey primary key (key)
);

create index keyed_writes_by_age_idx on keyed_writes (created_at);
create index keyed_writes_of_account_idx on keyed_writes (account_id, created_at);
