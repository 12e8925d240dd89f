//! Registering: an address has one account, and a request that is sent again has one answer.

use persistence::accounts::{
    Created, ImportedAccount, KeyedRegistration, LinkPurpose, NewAccount, NewLink, NewSession,
};
use persistence::outbox::{Job, News};
use seating::timestamp::Timestamp;
use uuid::Uuid;

use super::{DAY, Desk, HOUR, NOW, account, fresh_id, link, mail, session};
use crate::support::in_time;

type With<'a> = (Option<&'a NewSession<'a>>, Option<&'a NewLink<'a>>);

impl Desk {
    /// The answer to a registration under a key.
    async fn register(
        &self,
        new: &NewAccount<'_>,
        with: With<'_>,
        (key, jobs): (KeyedRegistration, &[Job]),
        now: Timestamp,
    ) -> Created {
        let created = self.accounts.create(new, with, (Some(&key), jobs), now);
        created.await.unwrap()
    }
}

const CHECK_VIOLATION: &str = "23514";

fn key(number: u8, content: u8) -> KeyedRegistration {
    KeyedRegistration {
        key: [number; 16],
        fingerprint: [content; 16],
    }
}

#[tokio::test]
async fn whoever_registers_has_all_of_it_or_nothing() {
    in_time(async {
        let desk = Desk::open().await;
        let (ann, device) = (account("ann@example.com"), session(NOW));
        let proof = link(LinkPurpose::VerifyEmail, NOW);
        let jobs = [mail(ann.id, News::VerifyEmail { link_id: proof.id })];
        let with = (Some(&device), Some(&proof));
        let created = desk.accounts.create(&ann, with, (None, &jobs), NOW).await;
        assert_eq!(created.unwrap(), Created::New);
        let got = desk.get(ann.id).await;
        assert_eq!((got.email.as_str(), got.role.as_str()), (ann.email, "USER"));
        assert_eq!((got.created_at, got.blocked_at), (NOW, None));
        let found = desk.accounts.session(device.id).await.unwrap().unwrap();
        assert_eq!((found.0, found.1.generation), (got, 0));

        // The same address in another case: its key is the same.
        let mut again = account("ANN@Example.com");
        again.email_key = "ann@example.com";
        let (device, proof) = (session(NOW), link(LinkPurpose::VerifyEmail, NOW));
        let with = (Some(&device), Some(&proof));
        assert_eq!(
            desk.register(&again, with, (key(1, 1), &jobs), NOW).await,
            Created::EmailTaken
        );
        let rows = "select (select count(*) from accounts) + (select count(*) from sessions) \
            + (select count(*) from account_links) + (select count(*) from outbox) \
            + (select count(*) from keyed_registrations)";
        assert_eq!(desk.count(rows).await, 4);
    })
    .await;
}

#[tokio::test]
async fn a_key_answers_the_same_request_and_no_other_for_a_day() {
    in_time(async {
        let desk = Desk::open().await;
        let (ann, device) = (account("ann@example.com"), session(NOW));
        let with = (Some(&device), None);
        assert_eq!(
            desk.register(&ann, with, (key(1, 1), &[]), NOW).await,
            Created::New
        );
        let (again, other) = (account("ann@example.com"), session(NOW));
        let with = (Some(&other), None);
        let late = NOW.plus_seconds(DAY - 1);
        let replayed = Created::Replayed {
            account: ann.id,
            session: device.id,
        };
        assert_eq!(
            desk.register(&again, with, (key(1, 1), &[]), late).await,
            replayed
        );
        assert_eq!(
            desk.register(&again, with, (key(1, 2), &[]), late).await,
            Created::KeyReused
        );
        // After a day the key is anybody's, and the address is still Ann's.
        let later = NOW.plus_seconds(DAY + 1);
        assert_eq!(
            desk.register(&again, with, (key(1, 1), &[]), later).await,
            Created::EmailTaken
        );
        let bob = account("bob@example.com");
        assert_eq!(
            desk.register(&bob, with, (key(1, 2), &[]), later).await,
            Created::New
        );
    })
    .await;
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day_however_many_others_are_too() {
    in_time(async {
        let desk = Desk::open().await;
        let old = "insert into keyed_registrations \
            select decode(repeat(lpad(to_hex(n), 2, '0'), 16), 'hex'), repeat('f', 16)::bytea, \
                gen_random_uuid(), gen_random_uuid(), to_timestamp(1790000000) - interval '25 hours' \
                    + n * interval '1 second' \
            from generate_series(1, 200) n";
        sqlx::query(old).execute(desk.pool()).await.unwrap();
        let (ann, device) = (account("ann@example.com"), session(NOW));
        let with = (Some(&device), None);
        assert_eq!(desk.register(&ann, with, (key(200, 1), &[]), NOW).await, Created::New);
        // Of the others some go with each that comes.
        let left = desk.count("select count(*) from keyed_registrations").await;
        assert_eq!(left, 200 - 20);
    })
    .await;
}

#[tokio::test]
async fn of_two_with_one_key_the_second_waits_and_gets_the_first_ones_answer() {
    in_time(async {
        let desk = Desk::open().await;
        for round in 0..20 {
            let email = format!("ann{round}@example.com");
            let (first, second) = (account(&email), account(&email));
            let (phone, laptop) = (session(NOW), session(NOW));
            let key = key(round, 1);
            let (one, two) = tokio::join!(
                desk.accounts
                    .create(&first, (Some(&phone), None), (Some(&key), &[]), NOW),
                desk.accounts
                    .create(&second, (Some(&laptop), None), (Some(&key), &[]), NOW),
            );
            let (one, two) = (one.unwrap(), two.unwrap());
            let by = |account: Uuid, session: Uuid| Created::Replayed { account, session };
            let answers = match one {
                Created::New => two == by(first.id, phone.id),
                Created::Replayed { .. } => two == Created::New && one == by(second.id, laptop.id),
                Created::KeyReused | Created::EmailTaken => false,
            };
            assert!(answers, "{one:?} and {two:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_whose_request_failed_is_free_for_whoever_waited() {
    in_time(async {
        let desk = Desk::open().await;
        desk.account("ann@example.com").await;
        let (ann, bob) = (account("ann@example.com"), account("bob@example.com"));
        let (phone, laptop) = (session(NOW), session(NOW));
        let key = key(1, 1);
        let (one, two) = tokio::join!(
            desk.accounts
                .create(&ann, (Some(&phone), None), (Some(&key), &[]), NOW),
            desk.accounts
                .create(&bob, (Some(&laptop), None), (Some(&key), &[]), NOW),
        );
        let (one, two) = (one.unwrap(), two.unwrap());
        // Either Ann was refused first, or Bob's answer stands under the key.
        assert_eq!(two, Created::New);
        let replayed = Created::Replayed {
            account: bob.id,
            session: laptop.id,
        };
        assert!(one == Created::EmailTaken || one == replayed, "{one:?}");
    })
    .await;
}

#[tokio::test]
async fn accounts_are_imported_once_and_what_is_there_stays() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        let imported = |email: &str| ImportedAccount {
            id: fresh_id(),
            email: email.to_owned(),
            email_key: email.to_owned(),
            email_verified_at: Some(NOW),
            name: "Imported".to_owned(),
            phone: Some("+919876543210".to_owned()),
            password_hash: None,
        };
        let file = ["ann@example.com", "bob@example.com", "cleo@example.com"].map(imported);
        let later = NOW.plus_seconds(HOUR);
        let mut created = desk.accounts.import(&file, later).await.unwrap();
        created.sort();
        assert_eq!(created, ["bob@example.com", "cleo@example.com"]);
        assert_eq!(desk.get(ann).await.name, "Ann Lee");
        let bob = desk.get(file[1].id).await;
        assert_eq!(
            (bob.role.as_str(), bob.email_verified_at),
            ("USER", Some(NOW))
        );
        assert_eq!(bob.phone.as_deref(), Some("+919876543210"));
        assert_eq!(
            desk.accounts
                .lock(bob.id)
                .await
                .unwrap()
                .map(|it| it.password_hash),
            Some(None)
        );
        assert!(desk.accounts.import(&file, later).await.unwrap().is_empty());
        assert!(desk.accounts.import(&[], later).await.unwrap().is_empty());
        let keys = ["bob@example.com", "dan@example.com"].map(str::to_owned);
        assert_eq!(
            desk.accounts.known(&keys).await.unwrap(),
            ["bob@example.com"]
        );
    })
    .await;
}

#[tokio::test]
async fn a_role_that_is_none_of_ours_is_refused() {
    in_time(async {
        let desk = Desk::open().await;
        let mut owner = account("ann@example.com");
        owner.role = "OWNER";
        let refused = desk
            .accounts
            .create(&owner, (None, None), (None, &[]), NOW)
            .await;
        assert_eq!(
            refused.unwrap_err().sqlstate().as_deref(),
            Some(CHECK_VIOLATION)
        );
        let ann = desk.account("ann@example.com").await;
        let refused = desk.accounts.set_role(ann, "OWNER", NOW).await;
        assert_eq!(
            refused.unwrap_err().sqlstate().as_deref(),
            Some(CHECK_VIOLATION)
        );
        assert_eq!(desk.get(ann).await.role, "USER");
    })
    .await;
}
