-- One UPDATE over all wanted seats whose condition is the whole check. A seat that another
-- transaction is changing is waited for and looked at again.

create or replace function hold_seats(
    the_showtime uuid, the_hold uuid, the_buyer uuid, wanted integer[], ttl_seconds integer,
    out until timestamptz, out taken integer[], out sold boolean[]
) language plpgsql as $$
declare
    moment timestamptz := now();
    deadline timestamptz := moment + make_interval(secs => ttl_seconds);
    reserved integer;
begin
    update seats set status = 'reserved', held_until = deadline, hold_id = the_hold
    where showtime_id = the_showtime and seat = any(wanted)
        and (status = 'available' or status = 'reserved' and held_until <= moment);
    get diagnostics reserved = row_count;
    if reserved = cardinality(wanted) then
        insert into holds (id, showtime_id, buyer_id, seats, expires_at)
        values (the_hold, the_showtime, the_buyer, wanted, deadline);
        until := deadline;
    elsif reserved > 0 then
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
    reserved integer;
begin
    for attempt in 1..8 loop
        first_seat := first_block(the_showtime, quantity, start);
        if first_seat is null then
            return;
        end if;
        update seats set status = 'reserved', held_until = deadline, hold_id = the_hold
        where showtime_id = the_showtime
            and seat >= first_seat and seat < first_seat + quantity
            and (status = 'available' or status = 'reserved' and held_until <= moment);
        get diagnostics reserved = row_count;
        if reserved = quantity then
            insert into holds (id, showtime_id, buyer_id, seats, expires_at)
            select the_hold, the_showtime, the_buyer, array_agg(seat), deadline
            from generate_series(first_seat, first_seat + quantity - 1) as block (seat);
            until := deadline;
            return;
        end if;
        exit when reserved > 0;
        start := first_seat + quantity;
    end loop;
    raise exception 'others were faster' using errcode = 'FH409';
end $$;
