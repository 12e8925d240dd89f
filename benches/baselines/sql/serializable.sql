-- Look, then write, as if nobody else were there: the isolation level, which every connection has
-- as its default, makes the transaction fail with 40001 when somebody was.

create or replace function hold_seats(
    the_showtime uuid, the_hold uuid, the_buyer uuid, wanted integer[], ttl_seconds integer,
    out until timestamptz, out taken integer[], out sold boolean[]
) language plpgsql as $$
begin
    select array_agg(taken_seat), array_agg(is_sold) into taken, sold
    from taken_seats(the_showtime, wanted);
    if taken is not null then
        return;
    end if;
    until := now() + make_interval(secs => ttl_seconds);
    update seats set status = 'reserved', held_until = until, hold_id = the_hold
    where showtime_id = the_showtime and seat = any(wanted);
    insert into holds (id, showtime_id, buyer_id, seats, expires_at)
    values (the_hold, the_showtime, the_buyer, wanted, until);
end $$;

create or replace function hold_best(
    the_showtime uuid, the_hold uuid, the_buyer uuid, quantity integer, start integer,
    ttl_seconds integer,
    out first_seat integer, out until timestamptz
) language plpgsql as $$
begin
    first_seat := first_block(the_showtime, quantity, start);
    if first_seat is null then
        return;
    end if;
    until := now() + make_interval(secs => ttl_seconds);
    update seats set status = 'reserved', held_until = until, hold_id = the_hold
    where showtime_id = the_showtime
        and seat >= first_seat and seat < first_seat + quantity;
    insert into holds (id, showtime_id, buyer_id, seats, expires_at)
    select the_hold, the_showtime, the_buyer, array_agg(seat), until
    from generate_series(first_seat, first_seat + quantity - 1) as block (seat);
end $$;
