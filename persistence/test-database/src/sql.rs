//! Plain questions to a database from outside the program, for drills that trust nothing else.

use persistence::error::StoreError;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::types::{JsonValue, Uuid};
use sqlx::{AssertSqlSafe, Connection};

/// Whatever columns a row has, only those that name it are new.
const COPY_SHOWTIME: &str = "\
with new as materialized (select gen_random_uuid() as id from generate_series(1, $2)), \
s as (insert into showtimes select (jsonb_populate_record(o, jsonb_build_object( \
        'id', new.id, 'request_key', null, 'request_fingerprint', null))).* \
    from showtimes o, new where o.id = $1), \
l as (insert into layouts select \
        (jsonb_populate_record(o, jsonb_build_object('showtime_id', new.id))).* \
    from layouts o, new where o.showtime_id = $1), \
w as (insert into showtime_owner select \
        (jsonb_populate_record(o, jsonb_build_object('showtime_id', new.id))).* \
    from showtime_owner o, new where o.showtime_id = $1), \
j as (insert into journal select \
        (jsonb_populate_record(o, jsonb_build_object('showtime_id', new.id))).* \
    from journal o, new where o.showtime_id = $1), \
a as (insert into showtime_availability select \
        (jsonb_populate_record(o, jsonb_build_object('showtime_id', new.id))).* \
    from showtime_availability o, new where o.showtime_id = $1) \
select id from new";

/// A way to ask one database. Every question has a connection of its own, because the server may
/// have been killed since the last one.
#[derive(Clone, Debug)]
pub struct Sql {
    options: PgConnectOptions,
}

impl Sql {
    /// For the database that these options name.
    pub fn new(options: PgConnectOptions) -> Self {
        Self { options }
    }

    /// The rows of a query about one showtime, its `$1`, each as one JSON object.
    ///
    /// # Errors
    ///
    /// When the database refuses the statement.
    pub async fn rows(
        &self,
        query: &'static str,
        showtime: Uuid,
    ) -> Result<Vec<JsonValue>, StoreError> {
        let statement = AssertSqlSafe(format!("select to_jsonb(q) from ({query}) q"));
        let mut connection = PgConnection::connect_with(&self.options).await?;
        let rows = sqlx::query_scalar(statement)
            .bind(showtime)
            .fetch_all(&mut connection)
            .await?;
        connection.close().await?;
        Ok(rows)
    }

    /// The one text that a query gives.
    ///
    /// # Errors
    ///
    /// When the database refuses the query, or it gives none.
    pub async fn text(&self, query: &'static str) -> Result<String, StoreError> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        let text = sqlx::query_scalar(query).fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(text)
    }

    /// Makes so many more showtimes like this one, of which nobody has asked anything yet.
    ///
    /// # Errors
    ///
    /// When the database refuses the statement.
    pub async fn copy_showtime(&self, showtime: Uuid, times: u32) -> Result<Vec<Uuid>, StoreError> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        let copies = sqlx::query_scalar(COPY_SHOWTIME)
            .bind(showtime)
            .bind(i64::from(times))
            .fetch_all(&mut connection)
            .await?;
        connection.close().await?;
        Ok(copies)
    }

    /// Carries statements out, one after the other.
    ///
    /// # Errors
    ///
    /// When the database refuses a statement; those before it have been carried out.
    pub async fn execute(&self, statements: &str) -> Result<(), StoreError> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        let statements = sqlx::raw_sql(AssertSqlSafe(statements.to_owned()));
        statements.execute(&mut connection).await?;
        Ok(connection.close().await?)
    }

    /// The number that a query finds.
    ///
    /// # Errors
    ///
    /// When the database refuses the statement, or finds no number.
    pub async fn number(&self, query: &'static str) -> Result<i32, StoreError> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        let number = sqlx::query_scalar(query).fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(number)
    }

    /// Keeps everybody away from a table until the value is dropped.
    ///
    /// # Errors
    ///
    /// When the database refuses the lock.
    pub async fn close_table(&self, table: &'static str) -> Result<ClosedTable, StoreError> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        let statement = AssertSqlSafe(format!("begin; lock table {table}"));
        sqlx::raw_sql(statement).execute(&mut connection).await?;
        Ok(ClosedTable {
            _connection: connection,
        })
    }

    /// Cuts off every connection of servers; how many there were.
    ///
    /// # Errors
    ///
    /// When the database refuses the statement.
    pub async fn terminate_servers(&self) -> Result<u64, StoreError> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        let terminated = terminate_servers(&mut connection).await?;
        connection.close().await?;
        Ok(terminated)
    }

    /// Whether the database finds space for some more pages.
    pub async fn can_grow(&self) -> bool {
        let Ok(mut connection) = PgConnection::connect_with(&self.options).await else {
            return false;
        };
        let grown = sqlx::query("create temp table growth as select generate_series(1, 100000)")
            .execute(&mut connection)
            .await;
        grown.is_ok()
    }

    /// Takes every connection that PostgreSQL still gives to anybody.
    pub async fn take_all_connections(&self) -> TakenConnections {
        let mut taken = TakenConnections {
            sql: self.clone(),
            connections: Vec::new(),
        };
        taken.take_more().await;
        taken
    }
}

/// A table that nobody reads or writes until this is dropped.
#[derive(Debug)]
pub struct ClosedTable {
    _connection: PgConnection,
}

/// Connections that are kept from everybody else until they are dropped.
#[derive(Debug)]
pub struct TakenConnections {
    sql: Sql,
    connections: Vec<PgConnection>,
}

impl TakenConnections {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.connections.len()
    }

    /// Takes what has become free meanwhile.
    pub async fn take_more(&mut self) {
        while let Ok(connection) = PgConnection::connect_with(&self.sql.options).await {
            self.connections.push(connection);
        }
    }

    /// Cuts off every connection of servers; how many there were.
    ///
    /// # Errors
    ///
    /// When the database refuses the statement.
    pub async fn terminate_servers(&mut self) -> Result<u64, StoreError> {
        match self.connections.first_mut() {
            Some(connection) => terminate_servers(connection).await,
            None => Ok(0),
        }
    }
}

async fn terminate_servers(connection: &mut PgConnection) -> Result<u64, StoreError> {
    let terminated = sqlx::query(
        "select pg_terminate_backend(pid) from pg_stat_activity \
         where datname = current_database() and application_name = 'fullhouse'",
    )
    .execute(connection)
    .await?;
    Ok(terminated.rows_affected())
}
