-- Lock the wanted seats that are free, in the order of their numbers so that no two buyers wait
-- for each other, and change them once all are locked.

create or replace function hold_seats(
    the_showtime uuid, the_hold uuid, the_buyer uuid, wanted integer[], ttl_seconds integer,
    out until timestamptz, out taken integer[], out sold boolean[]
) language plpgsql as $$
declare
    moment timestamptz := now();
    deadline timestamptz := moment + make_interval(secs => ttl_seconds);
    locked integer;
begin
    perform from seats
    where showtime_id = the_showtime and seat = any(wanted)
        and (status = 'available' or status = 'reserved' and held_until <= moment)
    order by seat
    for update{skip_locked};
    get diagnostics locked = row_count;
    if locked = cardinality(wanted) then
        update seats set status = 'reserved', held_until = deadline, hold_id = the_hold
        where showtime_id = the_showtime and seat = any(wanted);
        insert into holds (id, showtime_id, buyer_id, seats, expires_at)
        values (the_hold, the_showtime, the_buyer, wanted, deadline);
        until := deadline;
    elsif locked > 0 then
        raise exception 'only some of the seats are free' using errcode = 'FH409';
    else
        select array_agg(taken_seat), array_agg(is_sold) into taken, sold
        from taken_seats(the_showtime, wanted);
    end if;
end $$;

create or replace function hold_best(
    the_showtime uuid, the_hold uuid, the_buyer uuid, quantity integer, start integer,
    ttl_seconds integer,
    out first_seat integer, out until timestamptz
) language plpgsql as $$
declare
    moment timestamptz := now();
    deadline timestamptz := moment + make_interval(secs => ttl_seconds);
    locked integer;
begin
    for attempt in 1..8 loop
        first_seat := first_block(the_showtime, quantity, start);
        if first_seat is null then
            return;
        end if;
        perform from seats
        where showtime_id = the_showtime
            and seat >= first_seat and seat < first_seat + quantity
            and (status = 'available' or status = 'reserved' and held_until <= moment)
        order by seat
        for update{skip_locked};
        get diagnostics locked = row_count;
        if locked = quantity then
            update seats set status = 'reserved', held_until = deadline, hold_id = the_hold
            where showtime_id = the_showtime
                and seat >= first_seat and seat < first_seat + quantity;
            insert into holds (id, showtime_id, buyer_id, seats, expires_at)
            select the_hold, the_showtime, the_buyer, array_agg(seat), deadline
            from generate_series(first_seat, first_seat + quantity - 1) as block (seat);
            until := deadline;
            return;
        end if;
        -- A lock that is kept while waiting for the next could close a circle.
        exit when locked > 0;
        start := first_seat + quantity;
    end loop;
    raise exception 'others were faster' using errcode = 'FH409';
end $$;
