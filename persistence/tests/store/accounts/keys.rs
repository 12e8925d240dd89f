//! Keys of writes: kept with what is done under them, for a day, the newest of each account.

use persistence::accounts::{FollowUp, KEYS_MAX, KeyUse, KeyedWrite, LinkPurpose, ProfileChange};
use persistence::error::StoreError;
use seating::timestamp::Timestamp;
use uuid::Uuid;

use super::{DAY, Desk, NOW, account, keyed, link, session};
use crate::support::in_time;

impl Desk {
    /// Gives somebody a name under a key; whether that was done.
    async fn call(&self, account: Uuid, name: &str, key: &KeyedWrite, now: Timestamp) -> bool {
        let change = ProfileChange {
            name: Some(name),
            ..ProfileChange::default()
        };
        let follow_up = FollowUp::key(Some(key));
        let changed = self
            .accounts
            .change_profile(account, change, follow_up, now);
        match changed.await {
            Ok(changed) => changed.is_some(),
            Err(error) => {
                assert!(matches!(error, StoreError::KeyTaken), "{error}");
                false
            }
        }
    }

    async fn key_use(&self, key: &KeyedWrite, now: Timestamp) -> Option<KeyUse> {
        self.accounts.key_use(key, now).await.unwrap()
    }
}

#[tokio::test]
async fn what_is_done_under_a_key_is_done_once_a_day() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        assert_eq!(desk.key_use(&keyed(1, 1), NOW).await, None);
        assert!(desk.call(ann, "Cleo", &keyed(1, 1), NOW).await);
        let same = KeyUse::Same {
            account: ann,
            session: None,
        };
        let late = NOW.plus_seconds(DAY);
        assert_eq!(desk.key_use(&keyed(1, 1), late).await, Some(same));
        assert_eq!(desk.key_use(&keyed(1, 2), late).await, Some(KeyUse::Other));
        // Nothing of the second is done.
        assert!(!desk.call(ann, "Dora", &keyed(1, 1), late).await);
        assert!(!desk.call(ann, "Dora", &keyed(1, 2), late).await);
        assert_eq!(desk.get(ann).await.name, "Cleo");
        let later = NOW.plus_seconds(DAY + 1);
        assert_eq!(desk.key_use(&keyed(1, 1), later).await, None);
        assert!(desk.call(ann, "Dora", &keyed(1, 2), later).await);
        assert_eq!(desk.get(ann).await.name, "Dora");
        assert_eq!(desk.key_use(&keyed(1, 1), later).await, Some(KeyUse::Other));
    })
    .await;
}

#[tokio::test]
async fn of_many_with_one_key_one_is_done_with_its_jobs() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        for round in 0..20 {
            let key = keyed(round, 1);
            let links: Vec<_> = (0..4)
                .map(|_| link(LinkPurpose::VerifyEmail, NOW))
                .collect();
            let sent = links.iter().map(|link| {
                let follow_up = FollowUp::key(Some(&key));
                desk.accounts.send_link(ann, link, follow_up, NOW)
            });
            let sent = futures::future::join_all(sent).await;
            assert_eq!(sent.iter().filter(|it| it.is_ok()).count(), 1);
            // Of one purpose five are good at once.
            let links = desk.count("select count(*) from account_links").await;
            assert_eq!(links, i64::from(round + 1).min(5));
        }
    })
    .await;
}

#[tokio::test]
async fn of_two_who_register_with_one_key_the_second_waits_for_the_first() {
    in_time(async {
        let desk = Desk::open().await;
        for round in 0..20 {
            let (email, key) = (format!("ann{round}@example.com"), keyed(round, 1));
            let (first, second) = (account(&email), account(&email));
            let (phone, laptop) = (session(NOW), session(NOW));
            let follow_up = FollowUp::key(Some(&key));
            let (one, two) = tokio::join!(
                desk.accounts
                    .create(&first, (Some(&phone), None), follow_up, NOW),
                desk.accounts
                    .create(&second, (Some(&laptop), None), follow_up, NOW),
            );
            let (one, two) = (one.unwrap().is_some(), two.unwrap().is_some());
            assert!(one ^ two, "{one} and {two}");
            let (account, session) = if one {
                (first.id, phone.id)
            } else {
                (second.id, laptop.id)
            };
            let session = Some(session);
            let same = KeyUse::Same { account, session };
            assert_eq!(desk.key_use(&key, NOW).await, Some(same));
        }
    })
    .await;
}

#[tokio::test]
async fn keys_are_forgotten_after_a_day_some_with_each_that_comes() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        let old = "insert into keyed_writes \
            select decode(repeat(lpad(to_hex(n), 2, '0'), 16), 'hex'), repeat('f', 16)::bytea, \
                gen_random_uuid(), gen_random_uuid(), to_timestamp(1790000000) - interval '25 hours' \
                    + n * interval '1 second' \
            from generate_series(1, 200) n";
        sqlx::query(old).execute(desk.pool()).await.unwrap();
        // Its own, which is not among the oldest, counts no more, however many there are.
        assert!(desk.call(ann, "Cleo", &keyed(200, 1), NOW).await);
        let left = desk.count("select count(*) from keyed_writes").await;
        assert_eq!(left, 200 - 20);
    })
    .await;
}

#[tokio::test]
async fn an_account_has_so_many_keys_and_no_more() {
    in_time(async {
        let desk = Desk::open().await;
        let (ann, bob) = (
            desk.account("ann@example.com").await,
            desk.account("bob@example.com").await,
        );
        let many = "insert into keyed_writes \
            select decode(lpad(to_hex(n), 32, '0'), 'hex'), repeat('f', 16)::bytea, $1, null, \
                to_timestamp(1790000000) - interval '1 hour' + n * interval '1 second' \
            from generate_series(1, 1200) n";
        sqlx::query(many)
            .bind(ann)
            .execute(desk.pool())
            .await
            .unwrap();
        assert!(desk.call(bob, "Bob", &keyed(201, 1), NOW).await);
        let rows = "select count(*) from keyed_writes";
        assert_eq!(desk.count(rows).await, 1_201);
        // The oldest go a few at a time.
        for key in 202..222 {
            assert!(desk.call(ann, "Ann", &keyed(key, 1), NOW).await);
        }
        assert_eq!(desk.count(rows).await, i64::from(KEYS_MAX) + 1);
        for key in 201..222 {
            assert!(desk.key_use(&keyed(key, 1), NOW).await.is_some());
        }
    })
    .await;
}
