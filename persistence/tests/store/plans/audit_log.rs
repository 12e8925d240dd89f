//! Which way is taken to a page of a million rows of the audit log.

use persistence::audit_log::{LogFilter, LogOrder, asked};
use seating::timestamp::Timestamp;
use sqlx::postgres::PgPool;
use test_database::TestDatabase;
use uuid::Uuid;

use super::accounts::{Asked, PAGES_MAX, nodes, pages, plan};
use crate::support::in_time;

/// A thousand who did something, a thousand rows each, of which one in a thousand is about a role.
const FILL: [&str; 4] = [
    "set synchronous_commit = off",
    "insert into audit_log (at, actor_id, source, action, target_kind, target_id, after, request_id) \
        select to_timestamp(n), lpad(to_hex(n % 1000), 32, '0')::uuid, 'api', \
            case when n % 1000 = 7 then 'account.role_changed' else 'showtime.held' end, 'showtime', \
            lpad(to_hex(n % 50000), 32, '0')::uuid, '{\"places\": 1}', 'r-' || n \
        from generate_series(1, 1000000) n",
    "insert into audit_log_people (audit_id, account_id, after) \
        select n, lpad(to_hex(n), 32, '0')::uuid, '{\"name\": \"Ann\"}' from generate_series(1, 1000000) n",
    "analyze audit_log, audit_log_people",
];

type Question = (&'static str, LogFilter<'static>, &'static str, String);

/// Each with the types and values of its parameters.
fn questions() -> [Question; 5] {
    let all = LogFilter::default();
    let id = Some(Uuid::from_u128(0x1f));
    let beyond = Some((Timestamp::from_unix_seconds(500_000), 500_000));
    let uuid = "'00000000-0000-0000-0000-00000000001f'";
    let behind = "to_timestamp(500000), 500000";
    [
        (
            "the newest",
            LogFilter {
                from: Some(Timestamp::from_unix_seconds(0)),
                ..all
            },
            "timestamptz",
            "to_timestamp(0)".to_owned(),
        ),
        (
            "the next page",
            LogFilter { beyond, ..all },
            "timestamptz, bigint",
            behind.to_owned(),
        ),
        (
            "what somebody did",
            LogFilter {
                actor: id,
                beyond,
                ..all
            },
            "uuid, timestamptz, bigint",
            format!("{uuid}, {behind}"),
        ),
        (
            "what was done to something",
            LogFilter {
                target: id,
                beyond,
                ..all
            },
            "uuid, timestamptz, bigint",
            format!("{uuid}, {behind}"),
        ),
        (
            "what is called so",
            LogFilter {
                action: Some("account.role_changed"),
                beyond,
                ..all
            },
            "text, timestamptz, bigint",
            format!("'account.role_changed', {behind}"),
        ),
    ]
}

#[tokio::test]
async fn a_page_of_the_audit_log_is_found_without_looking_at_the_rest() {
    in_time(async {
        let database = Box::pin(TestDatabase::create()).await;
        let options = database.connect_options();
        let options = options.options([("statement_timeout", "60s")]);
        let pool = PgPool::connect_with(options).await.unwrap();
        let mut filling = pool.acquire().await.unwrap();
        for statement in FILL {
            let filled = sqlx::query(statement).execute(&mut *filling).await;
            filled.unwrap();
        }
        let mut connection = database.pool().acquire().await.unwrap();
        for (what, filter, types, values) in questions() {
            for order in [LogOrder::NewestFirst, LogOrder::OldestFirst] {
                let question = Asked {
                    what,
                    statement: asked(filter, order, 101).into_string().leak(),
                    types,
                    values: values.clone().leak(),
                };
                assert_short(&mut connection, &question).await;
            }
        }
        let question = Asked {
            what: "a person who is erased",
            statement: "delete from audit_log_people where account_id = $1",
            types: "uuid",
            values: "'00000000-0000-0000-0000-00000000001f'",
        };
        assert_short(&mut connection, &question).await;
    })
    .await;
}

async fn assert_short(connection: &mut sqlx::postgres::PgConnection, question: &Asked) {
    for mode in ["force_custom_plan", "force_generic_plan"] {
        let plan = plan(connection, question, mode).await;
        let (what, root) = (question.what, &plan["Plan"]);
        let walks = |node: &&serde_json::Value| node["Node Type"] == "Seq Scan";
        assert!(!nodes(root).iter().any(walks), "{what}: {plan:#}");
        // A row and what it says of a person are two look-ups each.
        assert!(pages(root) < 10 * PAGES_MAX, "{what}: {plan:#}");
    }
}
