-- Why: bookings, tickets and availability are questions that the journal answers slowly. They are
-- written in the transaction of the events that they come from, so they are never behind. They
-- also stand guard: the database itself refuses to sell a seat twice or a house beyond its
-- capacity, whatever a broken owner may ask.

create table bookings (
    id uuid not null,
    showtime_id uuid not null,
    hold_id uuid not null,
    buyer_id uuid not null,
    state text not null,
    -- {"seats": ["A-1"], "areas": [{"section": "FLOOR", "quantity": 2}]}, in ticket order.
    places jsonb not null,
    total_minor_units bigint not null,
    currency text not null,
    refund_minor_units bigint not null default 0,
    payment_reference text,
    created_at timestamptz not null,
    pay_by timestamptz,
    confirmed_at timestamptz,
    cancelled_at timestamptz,
    -- The last event of the journal that changed this row.
    seq bigint not null,
    constraint bookings_pkey primary key (id),
    constraint bookings_state_known
        check (state in ('pending', 'expired', 'orphaned', 'confirmed', 'cancelled')),
    constraint bookings_total_not_negative check (total_minor_units >= 0),
    constraint bookings_refund_within_total
        check (refund_minor_units between 0 and total_minor_units)
);

create index bookings_of_showtime_idx on bookings (showtime_id, id);
create index bookings_of_buyer_idx on bookings (buyer_id, created_at desc, id desc);
-- Expiries name holds; only a pending booking has one that can expire.
create index bookings_pending_hold_idx on bookings (hold_id) where state = 'pending';

create table tickets (
    id uuid not null,
    showtime_id uuid not null,
    booking_id uuid not null,
    -- From 1 within its booking.
    number smallint not null,
    -- 128 random bits; the type is a compact way to keep them.
    code uuid not null,
    -- Null for a place in an area.
    seat_id text,
    section text not null,
    row_label text,
    seat_number text,
    price_tier text not null,
    price_minor_units bigint not null,
    currency text not null,
    live boolean not null,
    sold_at timestamptz not null,
    cancelled_at timestamptz,
    constraint tickets_pkey primary key (id),
    constraint tickets_number_in_booking_key unique (booking_id, number),
    constraint tickets_code_key unique (code),
    constraint tickets_number_from_one check (number >= 1),
    constraint tickets_live_until_cancelled check (live = (cancelled_at is null))
);

create unique index tickets_one_live_per_seat_idx
    on tickets (showtime_id, seat_id) where live and seat_id is not null;
create index tickets_live_of_showtime_idx on tickets (showtime_id, section) where live;

create table showtime_availability (
    showtime_id uuid not null,
    -- The section's number in its house, from 0.
    section smallint not null,
    capacity integer not null,
    held integer not null,
    pinned integer not null,
    booked integer not null,
    blocked integer not null,
    -- The last event of the journal that is counted in.
    seq bigint not null,
    constraint showtime_availability_pkey primary key (showtime_id, section),
    constraint showtime_availability_not_negative
        check (held >= 0 and pinned >= 0 and booked >= 0 and blocked >= 0),
    constraint showtime_availability_not_oversold
        check (held::bigint + pinned + booked + blocked <= capacity)
)
-- Rewritten by nearly every batch, and nothing indexed changes: room keeps the versions in place.
with (fillfactor = 40);
