//! The audit log: only ever longer, and about people as long as they want.

use persistence::accounts::{FollowUp, ProfileChange};
use persistence::audit_log::{AuditLog, By, LogFilter, LogOrder, Logged};
use seating::ids::BuyerId;
use seating::sale_terms::SaleTerms;
use serde_json::json;
use sqlx::postgres::PgPool;
use uuid::Uuid;

use crate::accounts::{Desk, NOW, keyed};
use crate::support::{Store, in_time};

async fn rows(pool: &PgPool, target: Uuid) -> Vec<Logged> {
    let log = AuditLog::new(pool.clone());
    let filter = LogFilter {
        target: Some(target),
        ..LogFilter::default()
    };
    log.page(filter, LogOrder::OldestFirst, 100).await.unwrap()
}

#[tokio::test]
async fn rows_are_neither_changed_nor_deleted_by_anybody() {
    in_time(async {
        let desk = Desk::open().await;
        desk.account("ann@example.com").await;
        let attempts = [
            "update audit_log set action = 'nothing'",
            "delete from audit_log",
            "truncate audit_log",
        ];
        // A superuser meets the trigger.
        for attempt in attempts {
            let refused = sqlx::query(attempt).execute(desk.pool()).await;
            let refused = refused.unwrap_err().to_string();
            assert!(refused.contains("append-only"), "{attempt}: {refused}");
        }
        // Whoever is none, the owner of the table too, has not even the right to try.
        let mut connection = desk.pool().acquire().await.unwrap();
        let owner = format!("owner_{}", Uuid::new_v4().simple());
        for statement in [
            format!("create role {owner}"),
            format!("alter table audit_log owner to {owner}"),
            format!("set role {owner}"),
        ] {
            let statement = sqlx::AssertSqlSafe(statement);
            sqlx::query(statement)
                .execute(&mut *connection)
                .await
                .unwrap();
        }
        for attempt in attempts {
            let refused = sqlx::query(attempt).execute(&mut *connection).await;
            let refused = refused.unwrap_err().to_string();
            assert!(
                refused.contains("permission denied"),
                "{attempt}: {refused}"
            );
        }
        for statement in [
            "reset role".to_owned(),
            format!("reassign owned by {owner} to current_user"),
            format!("drop role {owner}"),
        ] {
            let statement = sqlx::AssertSqlSafe(statement);
            sqlx::query(statement)
                .execute(&mut *connection)
                .await
                .unwrap();
        }
        let left: i64 = sqlx::query_scalar("select count(*) from audit_log")
            .fetch_one(desk.pool())
            .await
            .unwrap();
        assert_eq!(left, 1);
    })
    .await;
}

#[tokio::test]
async fn a_change_that_is_not_made_leaves_no_row() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        let by = By {
            actor: Some(ann),
            request_id: Some("r-1"),
            ..By::default()
        };
        let key = keyed(1, 1);
        for name in ["Ann Bee", "Ann Cee"] {
            let change = ProfileChange {
                name: Some(name),
                ..ProfileChange::default()
            };
            let follow_up = FollowUp::key(Some(&key)).by(by);
            let changed = desk.accounts.change_profile(ann, change, follow_up, NOW);
            // The second finds its key taken.
            assert_eq!(changed.await.is_ok(), name == "Ann Bee");
        }
        let found = rows(desk.pool(), ann).await;
        let actions: Vec<_> = found.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(actions, ["account.created", "account.profile_changed"]);
        assert_eq!(found[1].actor, Some(ann));
        assert_eq!(found[1].request_id.as_deref(), Some("r-1"));
        assert_eq!(found[1].after, Some(json!({"name": "Ann Bee"})));
    })
    .await;
}

#[tokio::test]
async fn terms_that_change_twice_in_a_row_are_each_logged_with_those_before() {
    in_time(async {
        let store = Store::create().await;
        let mut owner = store.owner().await;
        let terms = |max_per_buyer| SaleTerms {
            max_per_buyer,
            ..SaleTerms::default()
        };
        let by = BuyerId::new(Uuid::from_u128(7));
        let mut appends = Vec::new();
        for max in [5, 6] {
            let decision = seating::entry::Decision::Reconfigured(terms(max));
            let mut append = owner.next_append(decision);
            for entry in &mut append.entries {
                std::sync::Arc::make_mut(entry).by = Some(by);
            }
            append.request_id = Some(format!("r-{max}").into());
            appends.push(append);
        }
        for append in appends {
            owner.send(append);
        }
        owner.until_durable().await;
        let found = rows(store.pool(), owner.showtime().uuid()).await;
        let changes: Vec<_> = found
            .iter()
            .filter(|row| row.action == "showtime.reconfigured")
            .map(|row| {
                let max = |terms: &Option<serde_json::Value>| {
                    terms.as_ref().map(|terms| terms["max_per_buyer"].clone())
                };
                (max(&row.before), max(&row.after), row.request_id.clone())
            })
            .collect();
        let first = json!(SaleTerms::default().max_per_buyer);
        assert_eq!(
            changes,
            [
                (Some(first), Some(json!(5)), Some("r-5".to_owned())),
                (Some(json!(5)), Some(json!(6)), Some("r-6".to_owned())),
            ]
        );
    })
    .await;
}
