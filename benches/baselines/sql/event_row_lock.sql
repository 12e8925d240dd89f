-- One row per event that everybody locks: whoever has it is alone with the event's seats and with
-- the counter of places taken.

alter table showtimes add column if not exists taken integer not null default 0
    constraint showtimes_taken check (taken between 0 and seats);

create index if not exists holds_due on holds (showtime_id, expires_at) where status = 'live';

-- Locks the event and takes back what has expired, if anything has. The time is read behind the
-- lock, because the wait for it may be long.
create or replace function lock_event(
    the_showtime uuid, out places_left integer, out moment timestamptz, out is_changed boolean
) language plpgsql as $$
declare
    due holds;
    freed integer;
begin
    is_changed := false;
    select seats - taken into places_left from showtimes where id = the_showtime for update;
    moment := clock_timestamp();
    for due in
        update holds set status = 'expired'
        where showtime_id = the_showtime and status = 'live' and expires_at <= moment
        returning *
    loop
        is_changed := true;
        update seats set status = 'available', held_until = null, hold_id = null
        where showtime_id = the_showtime and seat = any(due.seats) and hold_id = due.id;
        get diagnostics freed = row_count;
        update showtimes set taken = taken - freed where id = the_showtime;
        places_left := places_left + freed;
    end loop;
end $$;

-- Gives back a lock that was taken in vain, and says why: a transaction that has locked a row waits
-- for the disk when it commits, though nothing changed, and does not when it is rolled back.
create or replace function undo(why text) returns void language plpgsql as $$
begin
    raise exception '%', why using errcode = 'FH404';
end $$;

-- The registration, once it is known to fit.
create or replace function register(
    the_showtime uuid, the_hold uuid, the_buyer uuid, wanted integer[], deadline timestamptz
)
returns void language plpgsql as $$
declare
    changed integer;
begin
    update seats set status = 'reserved', held_until = deadline, hold_id = the_hold
    where showtime_id = the_showtime and seat = any(wanted) and status = 'available';
    -- A hold that ended between the sweep and the choice still counts as taken.
    get diagnostics changed = row_count;
    if changed <> cardinality(wanted) then
        raise exception 'some seats are taken' using errcode = 'FH409';
    end if;
    update showtimes set taken = taken + cardinality(wanted) where id = the_showtime;
    insert into holds (id, showtime_id, buyer_id, seats, expires_at)
    values (the_hold, the_showtime, the_buyer, wanted, deadline);
end $$;

create or replace function hold_seats(
    the_showtime uuid, the_hold uuid, the_buyer uuid, wanted integer[], ttl_seconds integer,
    out until timestamptz, out taken integer[], out sold boolean[]
) language plpgsql as $$
declare
    event record;
begin
    -- Whoever comes too late need not wait in line to hear it.
    select array_agg(taken_seat), array_agg(is_sold) into taken, sold
    from taken_seats(the_showtime, wanted);
    if taken is not null then
        return;
    end if;
    event := lock_event(the_showtime);
    perform from seats
    where showtime_id = the_showtime and seat = any(wanted) and status <> 'available';
    if found or event.places_left < cardinality(wanted) then
        raise exception 'others were faster' using errcode = 'FH409';
    end if;
    until := event.moment + make_interval(secs => ttl_seconds);
    perform register(the_showtime, the_hold, the_buyer, wanted, until);
end $$;

create or replace function hold_best(
    the_showtime uuid, the_hold uuid, the_buyer uuid, quantity integer, start integer,
    ttl_seconds integer,
    out first_seat integer, out until timestamptz
) language plpgsql as $$
declare
    event record;
    wanted integer[];
begin
    event := lock_event(the_showtime);
    if event.places_left >= quantity then
        first_seat := first_block(the_showtime, quantity, start);
    end if;
    if first_seat is null and not event.is_changed then
        perform undo('no block is free');
    elsif first_seat is not null then
        select array_agg(seat) into wanted
        from generate_series(first_seat, first_seat + quantity - 1) as block (seat);
        until := event.moment + make_interval(secs => ttl_seconds);
        perform register(the_showtime, the_hold, the_buyer, wanted, until);
    end if;
end $$;

create or replace function release_hold(
    the_showtime uuid, the_hold uuid, the_buyer uuid, is_staff boolean,
    out outcome text, out its_seats integer[]
) language plpgsql as $$
declare
    event record;
begin
    event := lock_event(the_showtime);
    update holds set status = 'released'
    where id = the_hold and showtime_id = the_showtime
        and (is_staff or buyer_id = the_buyer)
        and status = 'live'
    returning seats into its_seats;
    if not found then
        outcome := why_not(the_showtime, the_hold, the_buyer, is_staff);
        if not event.is_changed then
            perform undo(outcome);
        end if;
        return;
    end if;
    update seats set status = 'available', held_until = null, hold_id = null
    where showtime_id = the_showtime and seat = any(its_seats) and hold_id = the_hold;
    update showtimes set taken = taken - cardinality(its_seats) where id = the_showtime;
    outcome := 'done';
end $$;
