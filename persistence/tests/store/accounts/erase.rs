//! Erasing a person leaves nothing of them, whatever else happens at the moment.

use persistence::accounts::{FollowUp, LinkPurpose, NewLink};
use persistence::jobs::Jobs;
use persistence::outbox::{Job, MAIL, News};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{Desk, HASH, HOUR, NOW, account, keyed, link, mail, over_at, session};
use crate::support::in_time;

/// All that can be told of the person, in no other row of a test's database.
const TRACES: [&str; 5] = ["mallory", "Mallet", "+919876500001", "192.0.2.66", "Lynx"];

impl Desk {
    /// The tables with a row in which something of the person stands.
    async fn traces(&self) -> Vec<String> {
        let tables: Vec<String> = sqlx::query_scalar(
            "select tablename::text from pg_tables where schemaname = 'public' order by 1",
        )
        .fetch_all(self.pool())
        .await
        .unwrap();
        assert!(tables.len() > 10, "{tables:?}");
        let mut found = Vec::new();
        for table in tables {
            let query = format!("select count(*) from {table} t where to_jsonb(t)::text ~* $1");
            let count: i64 = sqlx::query_scalar(AssertSqlSafe(query))
                .bind(TRACES.map(|it| it.replace('+', "\\+")).join("|"))
                .fetch_one(self.pool())
                .await
                .unwrap();
            if count > 0 {
                found.push(table);
            }
        }
        found
    }

    /// Somebody who has left traces wherever one can.
    async fn mallory(&self) -> Uuid {
        let mut new = account("mallory@example.com");
        (new.name, new.phone) = ("Mallet", Some("+919876500001"));
        let mut device = session(NOW);
        (device.address, device.device) = ("192.0.2.66", "Lynx");
        let proof = link(LinkPurpose::VerifyEmail, NOW);
        let key = keyed(1, 2);
        let mut jobs = mails(new.id);
        let others = mail(self.account("bob@example.com").await, News::PasswordChanged);
        jobs.push(others);
        let with = (Some(&device), Some(&proof));
        let created = self.accounts.create(
            &new,
            with,
            FollowUp {
                jobs: &jobs,
                key: Some(&key),
                ..FollowUp::default()
            },
            NOW,
        );
        assert!(created.await.unwrap().is_some());
        let change = NewLink {
            email: Some("mallory@example.org"),
            ..link(LinkPurpose::ChangeEmail, NOW)
        };
        self.accounts
            .send_link(new.id, &change, FollowUp::default(), NOW)
            .await
            .unwrap();
        let identity = "insert into account_identities (issuer, subject, account_id, created_at) \
            values ('https://id.example.com', 'mallory-1046', $1, now())";
        let identity = sqlx::query(identity).bind(new.id).execute(self.pool());
        assert_eq!(identity.await.unwrap().rows_affected(), 1);
        new.id
    }
}

/// Mails that name the person.
fn mails(account: Uuid) -> Vec<Job> {
    let to = || "mallory@example.org".to_owned();
    let device = || "Lynx".to_owned();
    let news = [
        News::ChangeEmail {
            link_id: Uuid::nil(),
            to: to(),
        },
        News::EmailChanged { to: to() },
        News::SignedInAfterFailures {
            failures: 7,
            device: device(),
        },
        News::TokenReused { device: device() },
        News::PasswordChanged,
    ];
    news.into_iter().map(|news| mail(account, news)).collect()
}

#[tokio::test]
async fn nothing_of_an_erased_person_is_left_anywhere() {
    in_time(async {
        let desk = Desk::open().await;
        let mallory = desk.mallory().await;
        let full = [
            "account_identities",
            "account_links",
            "accounts",
            "audit_log_people",
            "outbox",
            "sessions",
        ];
        assert_eq!(desk.traces().await, full);
        desk.accounts
            .set_role(mallory, "SUPER_ADMIN", FollowUp::default(), NOW)
            .await
            .unwrap();
        desk.accounts
            .set_blocked(mallory, true, FollowUp::default(), NOW)
            .await
            .unwrap();
        let later = NOW.plus_seconds(HOUR);
        assert!(
            desk.accounts
                .erase(
                    (mallory, Some(HASH)),
                    over_at(later),
                    FollowUp::default(),
                    later
                )
                .await
                .unwrap()
        );
        assert!(desk.traces().await.is_empty(), "{:?}", desk.traces().await);
        assert!(
            !desk
                .accounts
                .erase(
                    (mallory, Some(HASH)),
                    over_at(later),
                    FollowUp::default(),
                    later
                )
                .await
                .unwrap()
        );
        assert_eq!(desk.accounts.get(mallory).await.unwrap(), None);
        let rest = "select (select count(*) from keyed_writes) + (select count(*) from outbox)";
        assert_eq!(desk.count(rest).await, 1, "what is Bob's stays");
        let row = "select count(*) from accounts where erased_at is not null and role = 'USER' \
            and failed_logins = 0 and last_failed_at is null and email_verified_at is null";
        assert_eq!(desk.count(row).await, 1);
        // The address is free.
        desk.account("mallory@example.com").await;
    })
    .await;
}

#[tokio::test]
async fn the_last_mail_is_the_last_trace() {
    in_time(async {
        let desk = Desk::open().await;
        let mallory = desk.mallory().await;
        let last = News::Erased {
            to: "mallory@example.com".to_owned(),
            name: Some("Mallet".to_owned()),
        };
        let jobs = [mail(mallory, last)];
        assert!(
            desk.accounts
                .erase(
                    (mallory, Some(HASH)),
                    over_at(NOW),
                    FollowUp::jobs(&jobs),
                    NOW
                )
                .await
                .unwrap()
        );
        assert_eq!(desk.traces().await, ["outbox"]);
        let outbox = Jobs::new(desk.pool().clone());
        let lease = (NOW, NOW.plus_seconds(60));
        for taken in outbox.take(MAIL, lease, 10).await.unwrap() {
            outbox.forget(taken.id).await.unwrap();
        }
        assert!(desk.traces().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_happens_while_a_person_is_erased_leaves_nothing_either() {
    in_time(async {
        let desk = Desk::open().await;
        for round in 0..20 {
            let email = format!("mallory{round}@example.com");
            let mallory = desk.account(&email).await;
            let mut phone = session(NOW);
            (phone.address, phone.device) = ("192.0.2.66", "Lynx");
            let first = (&phone, Some(HASH), None);
            let opened = desk
                .accounts
                .sign_in(mallory, first, FollowUp::default(), NOW);
            assert!(opened.await.unwrap().is_some());
            let change = NewLink {
                email: Some("mallory@example.org"),
                ..link(LinkPurpose::ChangeEmail, NOW)
            };
            let (told, mut laptop) = (mails(mallory), session(NOW));
            laptop.address = "192.0.2.66";
            let (sent, signed, ended, erased) = tokio::join!(
                desk.accounts
                    .send_link(mallory, &change, FollowUp::jobs(&told), NOW),
                desk.accounts.sign_in(
                    mallory,
                    (&laptop, Some(HASH), None),
                    FollowUp::jobs(&told),
                    NOW
                ),
                desk.accounts.end_session(
                    (mallory, phone.id),
                    over_at(NOW),
                    FollowUp::jobs(&told),
                    NOW
                ),
                desk.accounts.erase(
                    (mallory, Some(HASH)),
                    over_at(NOW),
                    FollowUp::default(),
                    NOW
                ),
            );
            sent.unwrap();
            signed.unwrap();
            ended.unwrap();
            assert!(erased.unwrap());
            assert!(desk.traces().await.is_empty(), "{:?}", desk.traces().await);
        }
    })
    .await;
}
