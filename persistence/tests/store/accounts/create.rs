//! Registering: an address has one account.

use persistence::accounts::{FollowUp, ImportedAccount, LinkPurpose};
use persistence::outbox::News;

use super::{Desk, HOUR, NOW, account, fresh_id, keyed, link, mail, session};
use crate::support::in_time;

const CHECK_VIOLATION: &str = "23514";

#[tokio::test]
async fn whoever_registers_has_all_of_it_or_nothing() {
    in_time(async {
        let desk = Desk::open().await;
        let (ann, device) = (account("ann@example.com"), session(NOW));
        let proof = link(LinkPurpose::VerifyEmail, NOW);
        let jobs = [mail(ann.id, News::VerifyEmail { link_id: proof.id })];
        let with = (Some(&device), Some(&proof));
        let created = desk
            .accounts
            .create(&ann, with, FollowUp::jobs(&jobs), NOW)
            .await;
        let created = created.unwrap().unwrap();
        let got = desk.get(ann.id).await;
        assert_eq!(created, got);
        let said = (got.email.as_deref(), got.role.as_str());
        assert_eq!(said, (Some(ann.email), "USER"));
        assert_eq!((got.created_at, got.blocked_at), (NOW, None));
        let found = desk.accounts.session(device.id).await.unwrap().unwrap();
        assert_eq!((found.0, found.1.generation), (got, 0));

        // The same address in another case: its key is the same.
        let mut again = account("ANN@Example.com");
        again.email_key = "ann@example.com";
        let (device, proof) = (session(NOW), link(LinkPurpose::VerifyEmail, NOW));
        let with = (Some(&device), Some(&proof));
        let follow_up = FollowUp {
            jobs: &jobs,
            key: Some(&keyed(1, 1)),
            ..FollowUp::default()
        };
        let created = desk.accounts.create(&again, with, follow_up, NOW).await;
        assert_eq!(created.unwrap(), None);
        let rows = "select (select count(*) from accounts) + (select count(*) from sessions) \
            + (select count(*) from account_links) + (select count(*) from outbox) \
            + (select count(*) from keyed_writes)";
        assert_eq!(desk.count(rows).await, 4);
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
            .create(&owner, (None, None), FollowUp::default(), NOW)
            .await;
        assert_eq!(
            refused.unwrap_err().sqlstate().as_deref(),
            Some(CHECK_VIOLATION)
        );
        let ann = desk.account("ann@example.com").await;
        let refused = desk
            .accounts
            .set_role(ann, "OWNER", FollowUp::default(), NOW)
            .await;
        assert_eq!(
            refused.unwrap_err().sqlstate().as_deref(),
            Some(CHECK_VIOLATION)
        );
        assert_eq!(desk.get(ann).await.role, "USER");
    })
    .await;
}
