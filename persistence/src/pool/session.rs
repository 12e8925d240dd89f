//! Whether a session keeps what it was asked to keep when it was opened.
//!
//! Limits and durability travel in the startup packet. A pooler may drop them without a word
//! (`PgBouncer` does with `ignore_startup_parameters = options`), and the server behind it may then
//! wait for ever behind a frozen process. So every new connection is asked once what it has got, and
//! one that got something else is refused.

use sqlx::postgres::{PgConnectOptions, PgConnection};

/// Settings without which our promises do not hold, in the units in which the server keeps them.
const GUARDED: [&str; 4] = [
    "idle_in_transaction_session_timeout",
    "lock_timeout",
    "statement_timeout",
    "synchronous_commit",
];

const KEPT: &str = "select name, setting from pg_settings where name = any($1)";

/// A session that does not keep what it was asked to.
#[derive(Debug, thiserror::Error)]
#[error(
    "the session has {0}: something between here and PostgreSQL drops what is asked for at connect; use \
     a pooler in session mode that passes on `options`, or connect directly"
)]
struct NotKept(String);

/// Refuses a session that has lost what `options` asked for.
pub(crate) async fn verify(
    connection: &mut PgConnection,
    options: &PgConnectOptions,
) -> Result<(), sqlx::Error> {
    let asked = asked(options.get_options().unwrap_or_default());
    let names: Vec<&str> = asked.iter().map(|(name, _)| *name).collect();
    let kept: Vec<(String, String)> = sqlx::query_as(KEPT)
        // Named statements outlive the session behind some poolers.
        .persistent(false)
        .bind(names)
        .fetch_all(connection)
        .await?;
    let lost = asked.iter().filter_map(|(name, asked)| {
        let found = kept.iter().find(|(kept, _)| kept == name);
        let found = found.map_or("nothing", |(_, found)| found);
        (found != *asked).then(|| format!("{name} = {found} instead of {asked}"))
    });
    let lost: Vec<String> = lost.collect();
    if lost.is_empty() {
        return Ok(());
    }
    let not_kept = NotKept(lost.join(", "));
    Err(sqlx::Error::Configuration(Box::new(not_kept)))
}

/// What the startup packet says about guarded settings; what is said last counts.
fn asked(options: &str) -> Vec<(&'static str, &str)> {
    let said = |name: &str| {
        let settings = options.split_whitespace().rev();
        let mut settings = settings.filter_map(|setting| setting.split_once('='));
        settings.find_map(|(said, value)| (said == name).then_some(value))
    };
    let guarded = GUARDED.into_iter();
    guarded
        .filter_map(|name| Some((name, said(name)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_last_counts_and_what_is_not_guarded_is_not_asked_for() {
        let options = "-c lock_timeout=1 -c work_mem=64MB -c lock_timeout=3000 -c jit=off";
        assert_eq!(asked(options), [("lock_timeout", "3000")]);
        assert_eq!(asked(""), []);
    }
}
