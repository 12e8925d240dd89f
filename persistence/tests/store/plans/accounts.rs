//! Which way is taken to one of a million accounts, to its sessions and its mails.

use persistence::accounts::statements::{
    ATTEMPT_CODE, BY_EMAIL, BY_PHONE, CLAIM_CODE, FIND_IDENTITY, FIND_KEY, FIND_LINK, FIND_SESSION,
    FORGET_CODES, FORGET_IDENTITIES, FORGET_KEYS, LIST_IDENTITIES, LIST_SESSIONS, ROTATE, USE_CODE,
    USE_LINK,
};
use persistence::jobs::{FORGET_MAILS, TAKE, WAITING};
use serde_json::Value;
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Connection};
use test_database::TestDatabase;
use tokio::time::Instant;

use crate::support::in_time;

/// Tables that no statement may walk through.
const LARGE: [&str; 7] = [
    "accounts",
    "sessions",
    "account_links",
    "account_identities",
    "keyed_writes",
    "outbox",
    "phone_codes",
];
/// Pages of 8 KiB that a statement may look at.
pub(super) const PAGES_MAX: u64 = 100;

/// A million accounts with a proved phone, a session, an identity and a code each, a link for every tenth, and jobs of three topics: a hundred
/// thousand that nobody works off, and mails that are due and that were given up.
const FILL: [&str; 13] = [
    "set synchronous_commit = off",
    "alter table sessions drop constraint sessions_account_fkey",
    "alter table account_links drop constraint account_links_account_fkey",
    "alter table account_identities drop constraint account_identities_account_fkey",
    "insert into accounts (id, email, email_key, name, role, password_hash, created_at, updated_at, \
            phone, phone_verified_at) \
        select lpad(to_hex(n), 32, '0')::uuid, 'ann' || n || '@example.com', 'ann' || n || '@example.com', \
            'Ann Lee', 'USER', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA', \
            to_timestamp(0), to_timestamp(0), '+91' || 9000000000 + n, to_timestamp(0) \
        from generate_series(1, 1000000) n",
    "insert into phone_codes (phone, sent_at, day_began_at, sent, code_id, digest, expires_at) \
        select '+91' || 9000000000 + n, to_timestamp(n), to_timestamp(n), 1, \
            lpad(to_hex(n), 32, '0')::uuid, repeat('d', 16)::bytea, 'infinity' \
        from generate_series(1, 1000000) n",
    "insert into sessions (id, account_id, device, address, created_at, last_used_at, expires_at) \
        select ('a' || lpad(to_hex(n), 31, '0'))::uuid, lpad(to_hex(n), 32, '0')::uuid, 'Firefox', '192.0.2.7', \
            to_timestamp(0), to_timestamp(0), 'infinity' from generate_series(1, 1000000) n",
    "insert into account_links (id, account_id, purpose, created_at, expires_at) \
        select ('b' || lpad(to_hex(n), 31, '0'))::uuid, lpad(to_hex(n), 32, '0')::uuid, 'verify_email', \
            to_timestamp(0), 'infinity' from generate_series(7, 1000000, 10) n",
    "insert into account_identities (issuer, subject, account_id, created_at) \
        select 'https://accounts.google.com', 'subject ' || n, lpad(to_hex(n), 32, '0')::uuid, \
            to_timestamp(n) from generate_series(1, 1000000) n",
    "insert into keyed_writes (key, fingerprint, account_id, created_at) \
        select decode(lpad(to_hex(n), 32, '0'), 'hex'), repeat('f', 16)::bytea, \
            lpad(to_hex(case when n <= 1005 then 777777 else n end), 32, '0')::uuid, to_timestamp(n) \
        from generate_series(1, 200000) n",
    "insert into outbox (topic, showtime_id, seq, payload, created_at, available_at) \
        select 'booking_confirmed', gen_random_uuid(), n, '{\"late\": false}', to_timestamp(0), \
            to_timestamp(0) from generate_series(1, 100000) n",
    "insert into outbox (topic, payload, created_at, available_at, failed_at) \
        select 'mail', jsonb_build_object('news', 'email_taken', \
                'account_id', lpad(to_hex(n), 32, '0')::uuid), \
            to_timestamp(0), to_timestamp(n), case when n % 50 = 0 then now() end \
        from generate_series(777600, 778000) n",
    "analyze accounts, sessions, account_links, account_identities, keyed_writes, outbox, phone_codes",
];

async fn fill(pool: &PgPool) {
    let mut connection = pool.acquire().await.unwrap();
    for statement in FILL {
        sqlx::query(statement)
            .execute(&mut *connection)
            .await
            .unwrap();
    }
}

/// A statement, with what stands for its parameters.
pub(super) struct Asked {
    pub(super) what: &'static str,
    pub(super) statement: &'static str,
    pub(super) types: &'static str,
    pub(super) values: &'static str,
}

const ASKED: [Asked; 19] = [
    Asked {
        what: "an account by its address",
        statement: BY_EMAIL,
        types: "text, text",
        values: "'ann777777@example.com', '192.0.2.7'",
    },
    Asked {
        what: "an account by its identity",
        statement: FIND_IDENTITY,
        types: "text, text",
        values: "'https://accounts.google.com', 'subject 777777'",
    },
    Asked {
        what: "somebody's identities",
        statement: LIST_IDENTITIES,
        types: "uuid",
        values: "'00000000-0000-0000-0000-0000000bde31'",
    },
    Asked {
        what: "the identities of an account for which there is no room",
        statement: FORGET_IDENTITIES,
        types: "uuid, bigint",
        values: "'00000000-0000-0000-0000-0000000bde31', 0",
    },
    Asked {
        what: "an account by its proved phone",
        statement: BY_PHONE,
        types: "text",
        values: "'+919000777777'",
    },
    Asked {
        what: "the right to send a code",
        statement: CLAIM_CODE,
        types: "text, timestamptz, timestamptz, timestamptz, int",
        values: "'+919000777777', now(), now(), now(), 10",
    },
    Asked {
        what: "a guess of a code",
        statement: ATTEMPT_CODE,
        types: "text, timestamptz, int",
        values: "'+919000777777', now(), 5",
    },
    Asked {
        what: "the use of a code",
        statement: USE_CODE,
        types: "text, uuid, timestamptz",
        values: "'+919000777777', '00000000-0000-0000-0000-0000000bde31', now()",
    },
    Asked {
        what: "numbers that were sent nothing for long",
        statement: FORGET_CODES,
        types: "timestamptz",
        values: "to_timestamp(900000)",
    },
    Asked {
        what: "the next token of a session",
        statement: ROTATE,
        types: "uuid, int, timestamptz, timestamptz, text",
        values: "'a0000000-0000-0000-0000-0000000bde31', 0, now(), 'infinity', '192.0.2.8'",
    },
    Asked {
        what: "a session with its account",
        statement: FIND_SESSION,
        types: "uuid",
        values: "'a0000000-0000-0000-0000-0000000bde31'",
    },
    Asked {
        what: "somebody's sessions",
        statement: LIST_SESSIONS,
        types: "uuid, timestamptz, bigint",
        values: "'00000000-0000-0000-0000-0000000bde31', now(), 50",
    },
    Asked {
        what: "a link",
        statement: FIND_LINK,
        types: "uuid, text, timestamptz",
        values: "'b0000000-0000-0000-0000-0000000bde31', 'verify_email', now()",
    },
    Asked {
        what: "the use of a link",
        statement: USE_LINK,
        types: "uuid, text, timestamptz",
        values: "'b0000000-0000-0000-0000-0000000bde31', 'verify_email', now()",
    },
    Asked {
        what: "what a key was used for",
        statement: FIND_KEY,
        types: "bytea, timestamptz",
        values: "decode('0000000000000000000000000000beef', 'hex'), to_timestamp(0)",
    },
    Asked {
        what: "the keys of an account for which there is no room",
        statement: FORGET_KEYS,
        types: "uuid, bigint",
        values: "'00000000-0000-0000-0000-0000000bde31', 999",
    },
    Asked {
        what: "mails that are due",
        statement: TAKE,
        types: "text, timestamptz, timestamptz, bigint",
        values: "'mail', now(), 'infinity', 4",
    },
    Asked {
        what: "the mails of an account",
        statement: FORGET_MAILS,
        types: "text",
        values: "'00000000-0000-0000-0000-0000000bde31'",
    },
    Asked {
        what: "how many mails wait",
        statement: WAITING,
        types: "text",
        values: "'mail'",
    },
];

/// What the server says of a statement that it carries out, and takes back.
pub(super) async fn plan(connection: &mut PgConnection, asked: &Asked, mode: &str) -> Value {
    let mut transaction = connection.begin().await.unwrap();
    let Asked {
        statement,
        types,
        values,
        ..
    } = asked;
    let mode = format!("set local plan_cache_mode = {mode}");
    let prepare = format!("prepare asked ({types}) as {statement}");
    let explain = format!("explain (analyze, buffers, format json) execute asked ({values})");
    for setup in [mode, prepare] {
        let setup = sqlx::raw_sql(AssertSqlSafe(setup));
        setup.execute(&mut *transaction).await.unwrap();
    }
    let explain = sqlx::query_scalar(AssertSqlSafe(explain)).persistent(false);
    let plan: Value = explain.fetch_one(&mut *transaction).await.unwrap();
    let forget = sqlx::raw_sql("deallocate asked");
    forget.execute(&mut *transaction).await.unwrap();
    transaction.rollback().await.unwrap();
    plan[0].clone()
}

/// Every node of a plan.
pub(super) fn nodes(plan: &Value) -> Vec<&Value> {
    let below = plan["Plans"].as_array().into_iter().flatten();
    std::iter::once(plan).chain(below.flat_map(nodes)).collect()
}

/// Whether a node looks at every row of a table that is large.
fn walks(node: &Value) -> bool {
    node["Node Type"] == "Seq Scan" && LARGE.iter().any(|table| node["Relation Name"] == *table)
}

pub(super) fn pages(plan: &Value) -> u64 {
    let count = |name: &str| plan[name].as_u64().unwrap();
    count("Shared Hit Blocks") + count("Shared Read Blocks")
}

#[expect(
    clippy::print_stdout,
    reason = "what it takes at that size is told, and no test has a bar of time"
)]
#[tokio::test]
async fn one_of_a_million_is_found_without_looking_at_the_others() {
    in_time(async {
        let database = Box::pin(TestDatabase::create()).await;
        let began = Instant::now();
        let options = database.connect_options();
        let options = options.options([("statement_timeout", "60s")]);
        fill(&PgPool::connect_with(options).await.unwrap()).await;
        let filled = began.elapsed();
        let mut connection = database.pool().acquire().await.unwrap();
        let mut said = vec![format!("a million accounts in {filled:.1?}")];
        for asked in &ASKED {
            // As it is planned the first times, and when one plan is kept for all.
            for mode in ["force_custom_plan", "force_generic_plan"] {
                let plan = plan(&mut connection, asked, mode).await;
                let (what, root) = (asked.what, &plan["Plan"]);
                assert!(!nodes(root).into_iter().any(walks), "{what}: {plan:#}");
                assert!(pages(root) < PAGES_MAX, "{what}: {plan:#}");
                said.push(format!(
                    "{what}: {} ms, {} pages, {} rows ({mode})",
                    plan["Execution Time"],
                    pages(root),
                    root["Actual Rows"],
                ));
            }
        }
        println!("{}", said.join("\n"));
    })
    .await;
}
