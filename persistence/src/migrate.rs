//! The schema's versions: the SQL of `migrations/`, compiled into the program.
//!
//! Migrations only go forward, and each leaves the schema usable by the program before it, so
//! that old and new programs can run side by side. For the same reason a database that is *ahead*
//! of this program is fine: only what this program knows is applied and asked for.

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{Connection, PgPool};

/// Every migration this program knows.
pub static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// Applies the migrations that are missing; programs that do so at once take turns.
///
/// # Errors
///
/// When the database fails, or a migration was changed after it was applied.
pub async fn migrate(pool: &PgPool) -> Result<(), MigrateError> {
    // A connection of its own, closed in the end: the pool's limits are lifted on it.
    let mut connection = pool.acquire().await?.detach();
    // A new index may take minutes, and so may waiting for another program's turn.
    sqlx::raw_sql(
        "set statement_timeout = 0; \
         set lock_timeout = 0; \
         set idle_in_transaction_session_timeout = 0",
    )
    .execute(&mut connection)
    .await?;
    let mut migrator = Migrator::with_migrations(MIGRATOR.iter().cloned().collect());
    migrator.set_ignore_missing(true);
    migrator.run(&mut connection).await?;
    connection.close().await?;
    tracing::info!(known = MIGRATOR.iter().count(), "the schema is up to date");
    Ok(())
}

/// Whether every migration this program knows has been applied.
///
/// # Errors
///
/// When the database fails.
pub async fn is_up_to_date(pool: &PgPool) -> Result<bool, sqlx::Error> {
    let exists: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null")
        .fetch_one(pool)
        .await?;
    if !exists {
        return Ok(MIGRATOR.iter().next().is_none());
    }
    let known: Vec<i64> = MIGRATOR.iter().map(|migration| migration.version).collect();
    sqlx::query_scalar(
        "select not exists (
             select from unnest($1::bigint[]) as known (version)
             where not exists (
                 select from _sqlx_migrations as applied
                 where applied.version = known.version and applied.success
             )
         )",
    )
    .bind(known)
    .fetch_one(pool)
    .await
}
