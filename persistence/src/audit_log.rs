//! Who did what: a row for each write of the staff and each change of an account, in the transaction of what
//! was done.
//!
//! Rows are never changed; a trigger and the table's grants see to it. What is about a person, names, addresses
//! and numbers, is kept beside them and goes when the person is erased.

use seating::timestamp::Timestamp;
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use sqlx::types::{JsonValue, Uuid};
use sqlx::{Postgres, QueryBuilder, Row};

use crate::error::StoreError;
use crate::pg_types::Timestamptz;

const INSERT: &str = "\
with logged as ( \
    insert into audit_log (at, actor_id, source, action, target_kind, target_id, before, after, request_id) \
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id \
) insert into audit_log_people (audit_id, account_id, before, after) \
select id, $6, $10, $11 from logged where $10::jsonb is not null or $11::jsonb is not null";

const SELECT: &str = "\
select l.id, l.at, l.actor_id, l.source, l.action, l.target_kind, l.target_id, l.seq, \
    coalesce(p.before || l.before, l.before, p.before) as before, \
    coalesce(p.after || l.after, l.after, p.after) as after, l.request_id \
from audit_log l left join audit_log_people p on p.audit_id = l.id where true";

/// The log of who did what.
#[derive(Clone, Debug)]
pub struct AuditLog {
    pool: PgPool,
}

/// By whom something is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct By<'a> {
    /// An account, an API key, or the subject of an operator's token; none when somebody is signed in nowhere.
    pub actor: Option<Uuid>,
    pub source: Source,
    /// By which the request is found in logs.
    pub request_id: Option<&'a str>,
}

/// From where something is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// Over HTTP.
    #[default]
    Api,
    /// By whoever runs the program.
    CommandLine,
}

/// To what something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Account(Uuid),
    ApiKey(Uuid),
    Showtime(Uuid),
}

/// What something was before and is after; of both only what differs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Change {
    pub(crate) before: Option<JsonValue>,
    pub(crate) after: Option<JsonValue>,
    /// The same of what is about a person.
    pub(crate) of_person: (Option<JsonValue>, Option<JsonValue>),
}

/// A row of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    pub id: i64,
    pub at: Timestamp,
    pub actor: Option<Uuid>,
    /// `api` or `command_line`.
    pub source: String,
    /// What was done, such as `account.role_changed`.
    pub action: String,
    /// `account`, `api_key` or `showtime`.
    pub target_kind: String,
    pub target: Uuid,
    /// The entry of the showtime's journal.
    pub seq: Option<i64>,
    pub before: Option<JsonValue>,
    pub after: Option<JsonValue>,
    pub request_id: Option<String>,
}

/// Which rows are asked for; without any of these all are.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogFilter<'a> {
    pub actor: Option<Uuid>,
    pub target: Option<Uuid>,
    pub action: Option<&'a str>,
    /// Not before this.
    pub from: Option<Timestamp>,
    /// Before this.
    pub until: Option<Timestamp>,
    /// Those that come behind this one.
    pub beyond: Option<(Timestamp, i64)>,
}

/// In which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogOrder {
    NewestFirst,
    OldestFirst,
}

impl Source {
    /// As the column has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::CommandLine => "command_line",
        }
    }
}

impl By<'_> {
    /// Whoever runs the program.
    pub const COMMAND_LINE: Self = Self {
        actor: None,
        source: Source::CommandLine,
        request_id: None,
    };
}

impl Target {
    pub(crate) const fn id(self) -> Uuid {
        match self {
            Self::Account(id) | Self::ApiKey(id) | Self::Showtime(id) => id,
        }
    }

    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Account(_) => "account",
            Self::ApiKey(_) => "api_key",
            Self::Showtime(_) => "showtime",
        }
    }
}

impl AuditLog {
    /// Over this pool.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// At most `limit` rows.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn page(
        &self,
        filter: LogFilter<'_>,
        order: LogOrder,
        limit: u32,
    ) -> Result<Vec<Logged>, StoreError> {
        let mut statement = asked(filter, order, limit);
        let rows = statement.build().fetch_all(&self.pool).await?;
        rows.iter().map(logged).collect()
    }
}

/// Goes along the index of one of the things that are asked for, which is why each question is a statement of its
/// own.
pub fn asked(filter: LogFilter<'_>, order: LogOrder, limit: u32) -> QueryBuilder<Postgres> {
    let mut statement = QueryBuilder::new(SELECT);
    if let Some(actor) = filter.actor {
        statement.push(" and l.actor_id = ").push_bind(actor);
    }
    if let Some(target) = filter.target {
        statement.push(" and l.target_id = ").push_bind(target);
    }
    if let Some(action) = filter.action {
        statement
            .push(" and l.action = ")
            .push_bind(action.to_owned());
    }
    if let Some(from) = filter.from {
        statement.push(" and l.at >= ").push_bind(Timestamptz(from));
    }
    if let Some(until) = filter.until {
        statement.push(" and l.at < ").push_bind(Timestamptz(until));
    }
    let (beyond, direction) = match order {
        LogOrder::NewestFirst => (" < ", "desc"),
        LogOrder::OldestFirst => (" > ", "asc"),
    };
    if let Some((at, id)) = filter.beyond {
        statement.push(" and (l.at, l.id)").push(beyond).push("(");
        statement.push_bind(Timestamptz(at)).push(", ");
        statement.push_bind(id).push(")");
    }
    statement.push(" order by l.at ").push(direction);
    // Not a parameter: a plan that is kept for any limit walks through more than a page.
    statement.push(", l.id ").push(direction);
    statement.push(" limit ").push(limit);
    statement
}

/// Writes one row.
pub(crate) async fn write(
    connection: &mut PgConnection,
    by: By<'_>,
    (action, target): (&str, Target),
    change: Change,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (person_before, person_after) = change.of_person;
    sqlx::query(INSERT)
        .bind(Timestamptz(now))
        .bind(by.actor)
        .bind(by.source.as_str())
        .bind(action)
        .bind(target.kind())
        .bind(target.id())
        .bind(change.before)
        .bind(change.after)
        .bind(by.request_id)
        .bind(person_before)
        .bind(person_after)
        .execute(connection)
        .await?;
    Ok(())
}

fn logged(row: &PgRow) -> Result<Logged, StoreError> {
    let Timestamptz(at) = row.try_get("at")?;
    Ok(Logged {
        id: row.try_get("id")?,
        at,
        actor: row.try_get("actor_id")?,
        source: row.try_get("source")?,
        action: row.try_get("action")?,
        target_kind: row.try_get("target_kind")?,
        target: row.try_get("target_id")?,
        seq: row.try_get("seq")?,
        before: row.try_get("before")?,
        after: row.try_get("after")?,
        request_id: row.try_get("request_id")?,
    })
}
