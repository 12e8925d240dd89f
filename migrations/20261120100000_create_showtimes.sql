-- Why: a showtime is the unit that is created, listed and owned. Its house lies beside it as
-- encoded, immutable versions, and its owner's epoch in a row of its own, because that row is
-- locked by every batch of events and must stay small and in place.

create table showtimes (
    id uuid not null,
    event_id uuid,
    title text not null,
    starts_at timestamptz not null,
    created_at timestamptz not null,
    created_by uuid,
    layout_version integer not null default 1,
    capacity integer not null,
    currency text not null,
    -- The sale's terms as the last Opened or Reconfigured event of the journal left them.
    on_sale_from timestamptz,
    on_sale_until timestamptz,
    max_per_buyer integer not null,
    hold_ttl_seconds integer not null,
    gap_rule text not null,
    status text not null,
    settings_seq bigint not null default 1,
    -- Digest of who created it and their key, so that a repeated request finds its first answer.
    request_key bytea,
    request_fingerprint bytea,
    constraint showtimes_pkey primary key (id),
    constraint showtimes_request_key_key unique (request_key),
    constraint showtimes_request_whole
        check ((request_key is null) = (request_fingerprint is null)),
    constraint showtimes_capacity_not_negative check (capacity >= 0),
    constraint showtimes_gap_rule_known check (gap_rule in ('off', 'lenient', 'strict')),
    constraint showtimes_status_known check (status in ('open', 'paused', 'cancelled'))
);

-- The public list shows the newest sale first.
create index showtimes_newest_sale_first_idx
    on showtimes ((coalesce(on_sale_from, created_at)) desc, id desc);

create index showtimes_event_id_idx on showtimes (event_id) where event_id is not null;

create table layouts (
    showtime_id uuid not null,
    version integer not null,
    payload bytea not null,
    constraint layouts_pkey primary key (showtime_id, version),
    constraint layouts_showtime_id_fkey foreign key (showtime_id) references showtimes (id)
);

create table showtime_owner (
    showtime_id uuid not null,
    epoch bigint not null,
    node text not null,
    claimed_at timestamptz not null,
    constraint showtime_owner_pkey primary key (showtime_id),
    constraint showtime_owner_showtime_id_fkey
        foreign key (showtime_id) references showtimes (id),
    constraint showtime_owner_epoch_not_negative check (epoch >= 0)
)
-- Room beside each row, so that a claim updates it without touching the index.
with (fillfactor = 50);
