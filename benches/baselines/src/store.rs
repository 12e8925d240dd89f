//! A design's tables in `PostgreSQL`, and whose transactions change them.

mod lanes;

use std::time::Duration;

use persistence::pool;
use seating::command::Confirm;
use seating::ids::ShowtimeId;
use seating::seat_layout::{SeatIndex, SeatLayout};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};

use crate::design::Design;
use crate::outcome::{Best, Block, EndedHold, HoldKey, Seized, WhyNot};
use crate::picks::Picks;
use crate::rows::{self, int};
use crate::store::lanes::Lanes;
use crate::transactions::Transactions;
use crate::{application, database};

/// One design's tables.
#[derive(Debug)]
pub struct Store {
    lanes: Lanes,
    design: Design,
    transactions: Transactions,
    picks: Picks,
}

/// A statement that hangs must not keep its connection for ever.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);

const INSERT_SHOWTIME: &str = "insert into showtimes (id, seats) values ($1, $2)";
const INSERT_SEATS: &str = "\
insert into seats (showtime_id, seat, row_at) \
select $1, (ordinal - 1)::integer, row_at \
from unnest($2::integer[]) with ordinality as seat (row_at, ordinal)";

/// Every row is looked up by its key. Left to itself, PostgreSQL plans anew for most lists of seats,
/// because it takes the list it knows for shorter than the one it would plan for; that is a third of
/// its work. A plan that is kept must not come from a time when the table was empty.
const KEYED_SESSION: [(&str, &str); 3] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
];

/// Connections whose statements mean the design's own tables.
pub fn connect_options(url: &str, design: Design) -> Result<PgConnectOptions, sqlx::Error> {
    let isolation = if design.is_serializable() {
        "serializable"
    } else {
        "read committed"
    };
    let named = pool::parse_url(url)?.application_name("baseline");
    Ok(named.options(KEYED_SESSION).options([
        ("search_path", design.schema()),
        // Tables that are there already are no news.
        ("client_min_messages", "warning".to_owned()),
        ("default_transaction_isolation", isolation.to_owned()),
        (
            "statement_timeout",
            STATEMENT_TIMEOUT.as_millis().to_string(),
        ),
    ]))
}

impl Store {
    /// Makes the tables if they are missing, and opens the connections.
    pub async fn open(
        url: &str,
        design: Design,
        (transactions, picks): (Transactions, Picks),
        connections: u32,
    ) -> Result<Self, sqlx::Error> {
        let options = connect_options(url, design)?;
        set_up(&mut options.connect().await?, design).await?;
        let lanes = Lanes::open(options, connections).await?;
        Ok(Self {
            lanes,
            design,
            transactions,
            picks,
        })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), sqlx::Error> {
        let lane = self.lanes.take().await;
        lane.run(async |connection| {
            sqlx::query("select 1").execute(connection).await?;
            Ok(())
        })
        .await
    }

    /// Makes the rows of a showtime, and lets the planner know of them.
    pub async fn open_showtime(
        &self,
        id: ShowtimeId,
        layout: &SeatLayout,
    ) -> Result<(), sqlx::Error> {
        let rows: Vec<i32> = layout
            .seats()
            .map(|seat| i32::from(layout.row_of(seat).0.cast_signed()))
            .collect();
        let lane = self.lanes.take().await;
        lane.run(async |connection| {
            sqlx::query(INSERT_SHOWTIME)
                .bind(id.uuid())
                .bind(int(layout.capacity()))
                .execute(&mut *connection)
                .await?;
            sqlx::query(INSERT_SEATS)
                .bind(id.uuid())
                .bind(rows)
                .execute(&mut *connection)
                .await?;
            sqlx::query("analyze seats").execute(connection).await?;
            Ok(())
        })
        .await
    }

    /// Holds exactly these seats, or none.
    pub async fn hold_seats(
        &self,
        key: HoldKey,
        seats: &[SeatIndex],
        ttl_seconds: u32,
    ) -> Result<Seized, sqlx::Error> {
        let lane = self.lanes.take().await;
        lane.run(async |connection| match self.transactions {
            Transactions::Database => {
                database::hold_seats(connection, key, seats, ttl_seconds).await
            }
            Transactions::Application => {
                application::hold_seats(connection, self.design, key, seats, ttl_seconds).await
            }
        })
        .await
    }

    /// Holds the first free block, or the first free seats.
    pub async fn hold_best(
        &self,
        key: HoldKey,
        block: Block,
        ttl_seconds: u32,
    ) -> Result<Best, sqlx::Error> {
        let lane = self.lanes.take().await;
        lane.run(async |connection| match (self.transactions, self.picks) {
            (Transactions::Database, _) => {
                database::hold_best(connection, key, block, ttl_seconds).await
            }
            (Transactions::Application, Picks::First) => {
                let wish = (key, block.quantity, ttl_seconds);
                application::hold_first(connection, self.design, wish).await
            }
            (Transactions::Application, Picks::Random) => {
                application::hold_best(connection, self.design, key, block, ttl_seconds).await
            }
        })
        .await
    }

    /// The first free block, which nobody has been promised.
    pub async fn first_block(
        &self,
        showtime: ShowtimeId,
        block: Block,
    ) -> Result<Option<SeatIndex>, sqlx::Error> {
        let lane = self.lanes.take().await;
        lane.run(async |connection| rows::first_block(connection, showtime, block).await)
            .await
    }

    /// Gives a hold's seats back.
    pub async fn release(&self, key: HoldKey) -> Result<Result<EndedHold, WhyNot>, sqlx::Error> {
        let lane = self.lanes.take().await;
        lane.run(async |connection| match self.transactions {
            Transactions::Database => database::release(connection, key).await,
            Transactions::Application => application::release(connection, self.design, key).await,
        })
        .await
    }

    /// Sells a hold's seats.
    pub async fn confirm(
        &self,
        key: HoldKey,
        sale: &Confirm,
    ) -> Result<Result<EndedHold, WhyNot>, sqlx::Error> {
        let lane = self.lanes.take().await;
        lane.run(async |connection| match self.transactions {
            Transactions::Database => database::confirm(connection, key, sale).await,
            Transactions::Application => application::confirm(connection, key, sale).await,
        })
        .await
    }
}

async fn set_up(connection: &mut PgConnection, design: Design) -> Result<(), sqlx::Error> {
    // Servers that start at once take turns; the end of the connection ends the turn.
    sqlx::query("select pg_advisory_lock(hashtext($1))")
        .bind(design.schema())
        .execute(&mut *connection)
        .await?;
    let schema = format!("create schema if not exists {}", design.schema());
    sqlx::raw_sql(AssertSqlSafe(schema))
        .execute(&mut *connection)
        .await?;
    sqlx::raw_sql(AssertSqlSafe(design.sql()))
        .execute(connection)
        .await?;
    Ok(())
}
