-- Why: programs of the operator's (a till, a gate, an importer) ask with a key that is good until it is
-- taken away, and not with somebody's password.

create table api_keys (
    id uuid not null,
    name text not null,
    role text not null,
    -- SHA-256 of the key, which is random and long: nobody can guess it from that.
    digest bytea not null,
    created_by uuid not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    -- Written some seconds after it was used.
    last_used_at timestamptz,
    -- The row stays: what the key has done names it.
    revoked_at timestamptz,
    constraint api_keys_pkey primary key (id),
    constraint api_keys_digest_unique unique (digest),
    constraint api_keys_role_known check (role in ('USER', 'EDITOR', 'SUPER_ADMIN'))
)
-- Use changes rows in place, and no index with them.
with (fillfactor = 70);

create index api_keys_not_revoked_idx on api_keys (id) where revoked_at is null;
