//! What a design's tables say after a run, by SQL alone: how much is held and sold, and everything
//! that must not be.

use seating::ids::ShowtimeId;
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnection;

use crate::design::Design;
use crate::store::connect_options;

/// What the tables say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Check {
    /// Seats in live holds.
    pub held: u64,
    /// Seats with a ticket.
    pub sold: u64,
    /// Everything that must not be, one sentence each, a hundred of each kind at most.
    pub violations: Vec<String>,
}

/// Sentences of each kind that are listed; the first is as bad as the last.
macro_rules! first_hundred {
    ($select:literal) => {
        concat!($select, " limit 100")
    };
}

const HELD: &str = "\
select coalesce(sum(cardinality(seats)), 0)::bigint from holds \
where showtime_id = $1 and status = 'live' and expires_at > now()";

const SOLD: &str = "select count(distinct seat) from tickets where showtime_id = $1";

/// Each finds one kind of violation and says it.
const VIOLATIONS: [&str; 8] = [
    first_hundred!(
        "select format('seat %s is in %s live holds', seat, count(*)) \
         from holds, unnest(seats) as its (seat) \
         where showtime_id = $1 and status = 'live' and expires_at > now() \
         group by seat having count(*) > 1"
    ),
    first_hundred!(
        "select format('seat %s is on %s tickets', seat, count(*)) \
         from tickets where showtime_id = $1 \
         group by seat having count(*) > 1"
    ),
    first_hundred!(
        "select format('seat %s is sold and in the live hold %s', t.seat, h.id) \
         from tickets t join holds h \
             on h.showtime_id = t.showtime_id and t.seat = any(h.seats) \
         where t.showtime_id = $1 and h.status = 'live' and h.expires_at > now()"
    ),
    first_hundred!(
        "select format('seat %s says %s by hold %s, which is not so', s.seat, s.status, s.hold_id) \
         from seats s \
         left join holds h on h.id = s.hold_id and h.showtime_id = s.showtime_id \
         where s.showtime_id = $1 and ( \
             s.status = 'reserved' and s.held_until > now() and ( \
                 h.id is null or h.status <> 'live' or s.seat <> all(h.seats)) \
             or s.status = 'sold' and ( \
                 h.id is null or h.status <> 'confirmed' or s.seat <> all(h.seats)))"
    ),
    first_hundred!(
        "select format('seat %s of the live hold %s says %s', its.seat, h.id, s.status) \
         from holds h cross join unnest(h.seats) as its (seat) \
         left join seats s on s.showtime_id = h.showtime_id and s.seat = its.seat \
         where h.showtime_id = $1 and h.status = 'live' and h.expires_at > now() \
             and (s.status, s.hold_id) is distinct from ('reserved', h.id)"
    ),
    first_hundred!(
        "select format('ticket %s is for seat %s, which says %s', t.id, t.seat, s.status) \
         from tickets t \
         left join bookings b on b.id = t.booking_id and b.showtime_id = t.showtime_id \
         left join seats s on s.showtime_id = t.showtime_id and s.seat = t.seat \
         where t.showtime_id = $1 \
             and (s.status, s.hold_id) is distinct from ('sold', b.hold_id)"
    ),
    first_hundred!(
        "select format('seat %s is sold without a ticket', s.seat) \
         from seats s \
         where s.showtime_id = $1 and s.status = 'sold' and not exists ( \
             select from tickets t where t.showtime_id = s.showtime_id and t.seat = s.seat)"
    ),
    first_hundred!(
        "select format('hold %s was confirmed for %s seats and has %s tickets', \
             h.id, cardinality(h.seats), count(t.id)) \
         from holds h \
         left join bookings b on b.hold_id = h.id \
         left join tickets t on t.booking_id = b.id \
         where h.showtime_id = $1 and h.status = 'confirmed' \
         group by h.id having count(t.id) <> cardinality(h.seats)"
    ),
];

/// Only one design counts.
const MISCOUNTED: &str = "\
select format('the event counts %s taken places, and %s seats are taken', taken, \
    (select count(*) from seats where showtime_id = $1 and status <> 'available')) \
from showtimes \
where id = $1 and taken <> ( \
    select count(*) from seats where showtime_id = $1 and status <> 'available')";

/// Looks at a showtime of a design in the database of this address.
pub async fn check(url: &str, design: Design, showtime: ShowtimeId) -> Result<Check, sqlx::Error> {
    let mut connection = connect_options(url, design)?.connect().await?;
    // One view of everything, whoever is selling meanwhile.
    sqlx::raw_sql("begin isolation level repeatable read read only")
        .execute(&mut connection)
        .await?;
    let held: i64 = one(&mut connection, HELD, showtime).await?;
    let sold: i64 = one(&mut connection, SOLD, showtime).await?;
    let mut violations = Vec::new();
    for select in VIOLATIONS {
        violations.extend(sentences(&mut connection, select, showtime).await?);
    }
    if design == Design::EventRowLock {
        violations.extend(sentences(&mut connection, MISCOUNTED, showtime).await?);
    }
    Ok(Check {
        held: held.unsigned_abs(),
        sold: sold.unsigned_abs(),
        violations,
    })
}

async fn one(
    connection: &mut PgConnection,
    select: &'static str,
    showtime: ShowtimeId,
) -> Result<i64, sqlx::Error> {
    let ask = sqlx::query_scalar(select).bind(showtime.uuid());
    ask.fetch_one(connection).await
}

async fn sentences(
    connection: &mut PgConnection,
    select: &'static str,
    showtime: ShowtimeId,
) -> Result<Vec<String>, sqlx::Error> {
    let ask = sqlx::query_scalar(select).bind(showtime.uuid());
    ask.fetch_all(connection).await
}
