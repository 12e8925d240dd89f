//! Identities: each is one account's, linked only to an account that has confirmed its address.

use persistence::accounts::{FollowUp, IDENTITIES_MAX, IdentityKey, NewAccount};
use persistence::error::StoreError;
use persistence::outbox::News;
use seating::timestamp::Timestamp;
use uuid::Uuid;

use super::{Desk, HASH, HOUR, NOW, account, keyed, mail, over_at, session};
use crate::support::in_time;

const GOOGLE: &str = "https://accounts.google.com";

fn of(subject: &str) -> IdentityKey<'_> {
    IdentityKey {
        issuer: GOOGLE,
        subject,
    }
}

fn confirmed(email: &str) -> NewAccount<'_> {
    NewAccount {
        email_verified_at: Some(NOW),
        password_hash: None,
        ..account(email)
    }
}

impl Desk {
    async fn confirmed(&self, email: &str) -> Uuid {
        let new = confirmed(email);
        let created = self
            .accounts
            .create(&new, (None, None), FollowUp::default(), NOW);
        assert!(created.await.unwrap().is_some());
        new.id
    }

    async fn link_at(&self, subject: &str, whose: (Uuid, &str), now: Timestamp) -> bool {
        let (device, follow_up) = (session(now), FollowUp::default());
        let linked = self
            .accounts
            .link_identity(of(subject), whose, &device, (follow_up, now));
        linked.await.unwrap().is_some()
    }

    async fn whose(&self, subject: &str) -> Option<Uuid> {
        let found = self.accounts.by_identity(of(subject)).await.unwrap();
        found.map(|found| found.account.id)
    }

    async fn subjects(&self, account: Uuid) -> Vec<String> {
        let all = self.accounts.identities(account).await.unwrap();
        all.into_iter().map(|it| it.subject).collect()
    }
}

#[tokio::test]
async fn whoever_registers_by_an_identity_has_all_of_it_or_nothing() {
    in_time(async {
        let desk = Desk::open().await;
        let (ann, device) = (confirmed("ann@example.com"), session(NOW));
        let [key, second, third] = [1, 2, 3].map(|it| keyed(it, 1));
        let create = async |subject, new: &NewAccount<'_>, key| {
            let follow_up = (FollowUp::key(Some(key)), NOW);
            desk.accounts
                .create_with_identity(of(subject), new, &device, follow_up)
                .await
        };
        let created = create("1046", &ann, &key).await.unwrap().unwrap();
        assert_eq!(created, desk.get(ann.id).await);
        let found = desk.accounts.by_identity(of("1046")).await.unwrap().unwrap();
        assert_eq!((found.account, found.password_hash), (created, None));
        // The address, the identity or the key is somebody's already.
        let (again, other) = (confirmed("ann@example.com"), confirmed("bob@example.com"));
        assert_eq!(create("1047", &again, &second).await.unwrap(), None);
        assert_eq!(create("1046", &other, &third).await.unwrap(), None);
        let device = session(NOW);
        let follow_up = (FollowUp::key(Some(&key)), NOW);
        let taken = desk
            .accounts
            .create_with_identity(of("1048"), &other, &device, follow_up);
        let taken = taken.await.unwrap_err();
        assert!(matches!(taken, StoreError::KeyTaken), "{taken}");
        let rows = "select (select count(*) from accounts) * 1000 + (select count(*) from sessions) * 100 \
            + (select count(*) from account_identities) * 10 + (select count(*) from keyed_writes)";
        assert_eq!(desk.count(rows).await, 1_111);
    })
    .await;
}

#[tokio::test]
async fn an_identity_is_linked_to_a_confirmed_account_that_lives() {
    in_time(async {
        let desk = Desk::open().await;
        let (ann, bob) = (
            desk.confirmed("ann@example.com").await,
            desk.account("bob@example.com").await,
        );
        assert!(!desk.link_at("bob", (bob, "bob@example.com"), NOW).await);
        // Its address is another one by now.
        assert!(!desk.link_at("ann", (ann, "ann@example.org"), NOW).await);
        desk.accounts
            .set_blocked(ann, true, FollowUp::default(), NOW)
            .await
            .unwrap();
        assert!(!desk.link_at("ann", (ann, "ann@example.com"), NOW).await);
        desk.accounts
            .set_blocked(ann, false, FollowUp::default(), NOW)
            .await
            .unwrap();
        let nothing =
            "select (select count(*) from sessions) + (select count(*) from account_identities)";
        assert_eq!(desk.count(nothing).await, 0);

        let (device, news) = (session(NOW), News::PasswordChanged);
        let follow_up = FollowUp {
            jobs: &[mail(ann, news)],
            key: Some(&keyed(1, 1)),
            ..FollowUp::default()
        };
        desk.accounts.count_failure(ann, NOW).await.unwrap();
        let whose = (ann, "ann@example.com");
        let linked = desk
            .accounts
            .link_identity(of("ann"), whose, &device, (follow_up, NOW));
        assert_eq!(linked.await.unwrap(), Some(desk.get(ann).await));
        assert_eq!(desk.whose("ann").await, Some(ann));
        let found = desk.accounts.by_identity(of("ann")).await.unwrap().unwrap();
        assert_eq!(found.failed_logins, 0);
        assert!(desk.accounts.session(device.id).await.unwrap().is_some());
        let rest = "select (select count(*) from outbox) + (select count(*) from keyed_writes)";
        assert_eq!(desk.count(rest).await, 2);
        // Of another provider it is another one.
        let elsewhere = IdentityKey {
            issuer: "https://id.example.com",
            subject: "ann",
        };
        assert_eq!(desk.accounts.by_identity(elsewhere).await.unwrap(), None);
        // It is nobody else's.
        let cleo = desk.confirmed("cleo@example.com").await;
        assert!(!desk.link_at("ann", (cleo, "cleo@example.com"), NOW).await);
        assert_eq!(desk.whose("ann").await, Some(ann));
    })
    .await;
}

#[tokio::test]
async fn of_many_who_link_one_identity_one_does() {
    in_time(async {
        let desk = Desk::open().await;
        for round in 0..10 {
            let emails = [0, 1, 2].map(|it| format!("ann{round}-{it}@example.com"));
            let mut accounts = Vec::new();
            for email in &emails {
                accounts.push((desk.confirmed(email).await, email.as_str()));
            }
            let subject = format!("subject {round}");
            let all = accounts
                .iter()
                .map(|whose| desk.link_at(&subject, *whose, NOW));
            let linked = futures::future::join_all(all).await;
            assert_eq!(linked.iter().filter(|it| **it).count(), 1, "{linked:?}");
        }
        let both =
            "select count(*) * 100 + (select count(*) from sessions) from account_identities";
        assert_eq!(desk.count(both).await, 1_010);
    })
    .await;
}

#[tokio::test]
async fn the_oldest_identities_make_room() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.confirmed("ann@example.com").await;
        let subjects: Vec<String> = (0..=IDENTITIES_MAX).map(|it| format!("s{it:02}")).collect();
        for (number, subject) in (0..).zip(&subjects) {
            let now = NOW.plus_seconds(number);
            assert!(desk.link_at(subject, (ann, "ann@example.com"), now).await);
        }
        assert_eq!(desk.subjects(ann).await, subjects[1..]);
        assert_eq!(desk.whose("s00").await, None);
    })
    .await;
}

#[tokio::test]
async fn an_identity_goes_with_its_person_and_is_free_again() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.confirmed("ann@example.com").await;
        assert!(desk.link_at("ann", (ann, "ann@example.com"), NOW).await);
        let later = NOW.plus_seconds(HOUR);
        let erase = async |account, hash| {
            let erased =
                desk.accounts
                    .erase((account, hash), over_at(later), FollowUp::default(), later);
            erased.await.unwrap()
        };
        assert!(erase(ann, None).await);
        assert_eq!(desk.subjects(ann).await, Vec::<String>::new());
        assert!(!desk.link_at("ann", (ann, "ann@example.com"), later).await);

        // The program before this one erases people and knows of no identities.
        let bob = desk.account("bob@example.com").await;
        assert!(erase(bob, Some(HASH)).await);
        let left = "insert into account_identities (issuer, subject, account_id, created_at) \
            values ('https://accounts.google.com', 'bob', $1, now())";
        let left = sqlx::query(left).bind(bob).execute(desk.pool());
        assert_eq!(left.await.unwrap().rows_affected(), 1);
        assert_eq!(desk.whose("bob").await, None);
        let again = desk.confirmed("bob@example.com").await;
        assert!(desk.link_at("bob", (again, "bob@example.com"), later).await);
        assert_eq!(desk.whose("bob").await, Some(again));
    })
    .await;
}
