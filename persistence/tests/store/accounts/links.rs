//! Links: each is good once, for one purpose, until a time.

use persistence::accounts::{FollowUp, LinkPurpose, LinkUsed, NewLink};
use persistence::outbox::News;
use seating::timestamp::Timestamp;
use uuid::Uuid;

use super::{Desk, HASH, HOUR, NOW, account, fresh_id, link, mail, over_at};
use crate::support::in_time;

impl Desk {
    async fn verify(&self, link: Uuid, now: Timestamp) -> bool {
        let used = self
            .accounts
            .verify_email(link, FollowUp::default(), now)
            .await
            .unwrap();
        matches!(used, LinkUsed::Done(_))
    }

    /// A link by which an address of Bob's would become the account's.
    async fn link_to_bob(&self, ann: Uuid) -> Uuid {
        let new = NewLink {
            email: Some("Bob@example.com"),
            ..link(LinkPurpose::ChangeEmail, NOW)
        };
        let told = [mail(
            ann,
            News::ChangeEmail {
                link_id: new.id,
                to: "Bob@example.com".to_owned(),
            },
        )];
        self.accounts
            .send_link(ann, &new, FollowUp::jobs(&told), NOW)
            .await
            .unwrap();
        let found = self
            .accounts
            .link(new.id, LinkPurpose::ChangeEmail, NOW)
            .await;
        assert_eq!(
            found.unwrap().unwrap().email.as_deref(),
            Some("Bob@example.com")
        );
        new.id
    }

    async fn reset(&self, link: Uuid, now: Timestamp) -> LinkUsed {
        let hash = (link, "$argon2id$second");
        let reset = self
            .accounts
            .reset_password(hash, over_at(now), FollowUp::default(), now);
        reset.await.unwrap()
    }
}

#[tokio::test]
async fn a_link_is_good_once_for_its_purpose_until_its_end() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        let proof = desk.link(ann, LinkPurpose::VerifyEmail, NOW).await;
        let find = async |purpose, now| {
            let found = desk.accounts.link(proof, purpose, now).await.unwrap();
            found.map(|found| found.account)
        };
        let last = NOW.plus_seconds(HOUR - 1);
        let over = NOW.plus_seconds(HOUR);
        assert_eq!(find(LinkPurpose::VerifyEmail, last).await, Some(ann));
        assert_eq!(find(LinkPurpose::VerifyEmail, over).await, None);
        assert_eq!(find(LinkPurpose::ResetPassword, NOW).await, None);
        assert_eq!(desk.reset(proof, NOW).await, LinkUsed::NoSuchLink);
        assert!(!desk.verify(proof, over).await);
        assert!(!desk.verify(fresh_id(), NOW).await);
        assert!(desk.verify(proof, last).await);
        assert_eq!(desk.get(ann).await.email_verified_at, Some(last));
        assert!(!desk.verify(proof, last).await);
        // Proved again, it stays proved since the first time.
        let second = desk.link(ann, LinkPurpose::VerifyEmail, last).await;
        assert!(desk.verify(second, over).await);
        assert_eq!(desk.get(ann).await.email_verified_at, Some(last));
    })
    .await;
}

#[tokio::test]
async fn of_two_who_use_a_link_at_once_one_does() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        for _ in 0..20 {
            let proof = desk.link(ann, LinkPurpose::VerifyEmail, NOW).await;
            let (one, two) = tokio::join!(desk.verify(proof, NOW), desk.verify(proof, NOW));
            assert!(one != two);
        }
    })
    .await;
}

/// Each deletes the other's link, so neither must wait for the other while it holds its own.
#[tokio::test]
async fn of_two_links_that_are_used_at_once_one_is() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        for _ in 0..20 {
            let first = desk.link(ann, LinkPurpose::VerifyEmail, NOW).await;
            let second = desk.link(ann, LinkPurpose::VerifyEmail, NOW).await;
            let (one, two) = tokio::join!(desk.verify(first, NOW), desk.verify(second, NOW));
            assert!(one != two);
        }
    })
    .await;
}

#[tokio::test]
async fn links_of_before_a_reset_end_with_it_whatever_their_purpose() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        let bob = desk.account("bob@example.com").await;
        let first = desk.link(ann, LinkPurpose::ResetPassword, NOW).await;
        let second = desk.link(ann, LinkPurpose::ResetPassword, NOW).await;
        let proof = desk.link(ann, LinkPurpose::VerifyEmail, NOW).await;
        let bobs = desk.link(bob, LinkPurpose::ResetPassword, NOW).await;
        let phone = desk.sign_in(ann, NOW).await;
        assert!(matches!(desk.reset(first, NOW).await, LinkUsed::Done(_)));
        assert_eq!(desk.reset(second, NOW).await, LinkUsed::NoSuchLink);
        assert!(desk.accounts.session(phone).await.unwrap().is_none());
        let hash = desk
            .accounts
            .lock(ann)
            .await
            .unwrap()
            .map(|it| it.password_hash)
            .unwrap();
        assert_eq!(hash.as_deref(), Some("$argon2id$second"));
        assert_eq!(desk.get(ann).await.email_verified_at, Some(NOW));
        assert_eq!(desk.count("select count(*) from ended_sessions").await, 1);
        assert!(!desk.verify(proof, NOW).await);
        assert!(matches!(desk.reset(bobs, NOW).await, LinkUsed::Done(_)));
    })
    .await;
}

#[tokio::test]
async fn the_newest_five_of_a_purpose_are_good_and_leave_other_purposes_alone() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        let mut proofs = Vec::new();
        for second in 0..7 {
            let now = NOW.plus_seconds(second);
            proofs.push(desk.link(ann, LinkPurpose::VerifyEmail, now).await);
        }
        let later = NOW.plus_seconds(60);
        desk.link(ann, LinkPurpose::ResetPassword, later).await;
        for (at, proof) in proofs.iter().enumerate() {
            let purpose = LinkPurpose::VerifyEmail;
            let found = desk.accounts.link(*proof, purpose, later).await.unwrap();
            assert_eq!(found.is_some(), at >= 2, "{at}");
        }
        // Those that are over go with the next one of any purpose.
        let over = NOW.plus_seconds(2 * HOUR);
        desk.link(ann, LinkPurpose::ResetPassword, over).await;
        assert_eq!(desk.count("select count(*) from account_links").await, 1);
        let at_once = (0..10).map(|_| desk.link(ann, LinkPurpose::ResetPassword, over));
        futures::future::join_all(at_once).await;
        assert_eq!(desk.count("select count(*) from account_links").await, 5);
    })
    .await;
}

#[tokio::test]
async fn another_address_is_taken_with_its_link_unless_somebody_has_it() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        let new = desk.link_to_bob(ann).await;
        let bob = account("bob@example.com");
        desk.accounts
            .create(&bob, (None, None), FollowUp::default(), NOW)
            .await
            .unwrap();
        let before = desk.get(ann).await;
        let to = "ann@example.com".to_owned();
        let told = [mail(ann, News::EmailChanged { to })];
        let change = async || {
            let emails = ("Bob@example.com", "bob@example.com");
            desk.accounts
                .change_email(new, emails, FollowUp::jobs(&told), NOW)
                .await
                .unwrap()
        };
        assert_eq!(change().await, LinkUsed::EmailTaken);
        assert_eq!(desk.get(ann).await, before);
        assert_eq!(desk.count("select count(*) from outbox").await, 1);
        // Bob has gone, and the link is as good as before.
        assert!(
            desk.accounts
                .erase((bob.id, Some(HASH)), over_at(NOW), FollowUp::default(), NOW)
                .await
                .unwrap()
        );
        assert!(matches!(change().await, LinkUsed::Done(_)));
        assert_eq!(change().await, LinkUsed::NoSuchLink);
        let after = desk.get(ann).await;
        assert_eq!(
            (after.email.as_deref(), after.email_verified_at),
            (Some("Bob@example.com"), Some(NOW))
        );
        let found = desk.accounts.by_email("bob@example.com", "").await.unwrap();
        assert_eq!(found.map(|found| found.account.id), Some(ann));
        assert_eq!(desk.count("select count(*) from outbox").await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_link_and_the_end_of_its_account_do_not_wait_for_each_other() {
    in_time(async {
        let desk = Desk::open().await;
        for round in 0..20 {
            let ann = desk.account(&format!("ann{round}@example.com")).await;
            let new = desk.link(ann, LinkPurpose::ResetPassword, NOW).await;
            let (reset, erased) = tokio::join!(
                desk.reset(new, NOW),
                desk.accounts
                    .erase((ann, Some(HASH)), over_at(NOW), FollowUp::default(), NOW),
            );
            // Whoever proved the password of before erases nobody by it.
            let reset = matches!(reset, LinkUsed::Done(_));
            assert!(reset != erased.unwrap());
            assert_eq!(desk.accounts.get(ann).await.unwrap().is_some(), reset);
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_signs_in_with_a_password_that_was_reset() {
    in_time(async {
        let desk = Desk::open().await;
        for round in 0..20 {
            let ann = desk.account(&format!("ann{round}@example.com")).await;
            let new = desk.link(ann, LinkPurpose::ResetPassword, NOW).await;
            let device = super::session(NOW);
            let old = (&device, Some(HASH), None);
            let (_, reset) = tokio::join!(
                desk.accounts.sign_in(ann, old, FollowUp::default(), NOW),
                desk.reset(new, NOW),
            );
            assert!(matches!(reset, LinkUsed::Done(_)));
            assert!(desk.accounts.sessions(ann, NOW).await.unwrap().is_empty());
        }
    })
    .await;
}
