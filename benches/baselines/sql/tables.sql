-- The tables that the compared designs share, as people have them: a row per seat that says who
-- holds it until when, the holds, and the bookings with their tickets.
--
-- No foreign keys and no index on a seat's state: the first would lock the showtime's row for every
-- hold, the second would turn each change of a seat into an insertion into the index. Without them
-- a seat's row is changed within its page, in the room that fillfactor leaves.

create table if not exists showtimes (
    id uuid primary key,
    seats integer not null
);

create table if not exists seats (
    showtime_id uuid not null,
    seat integer not null,
    -- Seats that follow each other in one row are neighbors.
    row_at integer not null,
    status text not null default 'available'
        constraint seats_status check (status in ('available', 'reserved', 'sold')),
    held_until timestamptz,
    hold_id uuid,
    primary key (showtime_id, seat)
) with (fillfactor = 50);

create table if not exists holds (
    id uuid primary key,
    showtime_id uuid not null,
    buyer_id uuid not null,
    seats integer[] not null,
    status text not null default 'live'
        constraint holds_status check (status in ('live', 'confirmed', 'released', 'expired')),
    expires_at timestamptz not null
) with (fillfactor = 70);

create table if not exists bookings (
    id uuid primary key,
    showtime_id uuid not null,
    hold_id uuid not null constraint bookings_hold unique,
    buyer_id uuid not null,
    payment_reference text,
    created_at timestamptz not null default now()
);

-- The constraint that people rely on last of all.
create table if not exists tickets (
    id uuid primary key,
    booking_id uuid not null,
    showtime_id uuid not null,
    seat integer not null,
    code uuid not null,
    constraint tickets_seat unique (showtime_id, seat)
);

-- The first seat of the first block of neighbors that is free, from a seat on and then around.
create or replace function first_block(the_showtime uuid, quantity integer, start integer)
returns integer language plpgsql stable as $$
declare
    found_at integer;
    moment timestamptz := clock_timestamp();
begin
    for from_start in 0..1 loop
        select a.seat into found_at
        from seats a
        where a.showtime_id = the_showtime
            and a.seat >= case from_start when 0 then start else 0 end
            and (from_start = 0 or a.seat < start)
            and (a.status = 'available' or a.status = 'reserved' and a.held_until <= moment)
            and (quantity = 1 or quantity - 1 = (
                select count(*)
                from seats b
                where b.showtime_id = the_showtime
                    and b.seat > a.seat and b.seat < a.seat + quantity
                    and b.row_at = a.row_at
                    and (b.status = 'available' or b.status = 'reserved' and b.held_until <= moment)
            ))
        order by a.seat
        limit 1;
        if found or start = 0 then
            return found_at;
        end if;
    end loop;
    return null;
end $$;

-- Which of these seats are taken, and how.
create or replace function taken_seats(the_showtime uuid, wanted integer[])
returns table (taken_seat integer, is_sold boolean) language plpgsql stable as $$
begin
    return query
        select seat, status = 'sold'
        from seats
        where showtime_id = the_showtime and seat = any(wanted)
            and (status = 'sold' or status = 'reserved' and held_until > now())
        order by seat;
end $$;

-- Why a hold can be neither released nor confirmed.
create or replace function why_not(
    the_showtime uuid, the_hold uuid, the_buyer uuid, is_staff boolean
)
returns text language plpgsql stable as $$
declare
    hold holds;
begin
    select * into hold
    from holds
    where id = the_hold and showtime_id = the_showtime and (is_staff or buyer_id = the_buyer);
    return case
        when hold.id is null then 'not_found'
        when hold.status in ('live', 'expired') then 'expired'
        else hold.status
    end;
end $$;

-- Gives a live hold's seats back.
create or replace function release_hold(
    the_showtime uuid, the_hold uuid, the_buyer uuid, is_staff boolean,
    out outcome text, out its_seats integer[]
) language plpgsql as $$
begin
    update holds set status = 'released'
    where id = the_hold and showtime_id = the_showtime
        and (is_staff or buyer_id = the_buyer)
        and status = 'live' and expires_at > now()
    returning seats into its_seats;
    if not found then
        outcome := why_not(the_showtime, the_hold, the_buyer, is_staff);
        return;
    end if;
    update seats set status = 'available', held_until = null, hold_id = null
    where showtime_id = the_showtime and seat = any(its_seats) and hold_id = the_hold;
    outcome := 'done';
end $$;

-- Sells a live hold's seats: all of them, or none.
create or replace function confirm_hold(
    the_showtime uuid, the_hold uuid, the_buyer uuid, is_staff boolean, the_booking uuid,
    ticket_ids uuid[], ticket_codes uuid[], the_payment text,
    out outcome text, out its_seats integer[], out its_buyer uuid
) language plpgsql as $$
declare
    sold integer;
begin
    update holds set status = 'confirmed'
    where id = the_hold and showtime_id = the_showtime
        and (is_staff or buyer_id = the_buyer)
        and status = 'live' and expires_at > now()
    returning seats, buyer_id into its_seats, its_buyer;
    if not found then
        outcome := why_not(the_showtime, the_hold, the_buyer, is_staff);
        return;
    end if;
    update seats set status = 'sold', held_until = null
    where showtime_id = the_showtime and seat = any(its_seats)
        and status = 'reserved' and hold_id = the_hold;
    get diagnostics sold = row_count;
    if sold <> cardinality(its_seats) then
        raise exception 'the hold has lost seats' using errcode = 'FH410';
    end if;
    insert into bookings (id, showtime_id, hold_id, buyer_id, payment_reference)
    values (the_booking, the_showtime, the_hold, its_buyer, the_payment);
    insert into tickets (id, booking_id, showtime_id, seat, code)
    select ticket_ids[n], the_booking, the_showtime, seat, ticket_codes[n]
    from unnest(its_seats) with ordinality as its (seat, n);
    outcome := 'done';
end $$;
