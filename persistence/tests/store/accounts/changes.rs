//! What changes on an account.

use persistence::accounts::{FollowUp, PhoneChange, ProfileChange};
use persistence::outbox::News;

use super::{Desk, HASH, HOUR, NOW, fresh_id, mail, over_at};
use crate::support::in_time;

#[tokio::test]
async fn a_profile_changes_where_something_is_said_and_nowhere_else() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        let later = NOW.plus_seconds(HOUR);
        let change = async |name, phone| {
            let change = ProfileChange { name, phone };
            let changed = desk
                .accounts
                .change_profile(ann, change, FollowUp::default(), later)
                .await;
            let changed = changed.unwrap().unwrap();
            assert_eq!((changed.created_at, changed.updated_at), (NOW, later));
            assert_eq!(changed, desk.get(ann).await);
            (changed.name, changed.phone)
        };
        let phone = "+919876543210";
        let with_phone = ("Ann Lee".to_owned(), Some(phone.to_owned()));
        assert_eq!(change(None, PhoneChange::Replaced(phone)).await, with_phone);
        assert_eq!(change(None, PhoneChange::Kept).await, with_phone);
        assert_eq!(
            change(Some("Ann"), PhoneChange::Kept).await,
            ("Ann".to_owned(), with_phone.1)
        );
        assert_eq!(
            change(None, PhoneChange::Removed).await,
            ("Ann".to_owned(), None)
        );
        let nobody = desk.accounts.change_profile(
            fresh_id(),
            ProfileChange::default(),
            FollowUp::default(),
            later,
        );
        assert_eq!(nobody.await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_password_changes_only_while_it_is_the_one_that_was_compared() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        let phone = desk.sign_in(ann, NOW).await;
        let told = [mail(ann, News::PasswordChanged)];
        for stale in [None, Some("$argon2id$stale")] {
            let stale = (stale, "$argon2id$mine");
            let changed = desk.accounts.change_password(
                (ann, None),
                stale,
                (over_at(NOW), FollowUp::jobs(&told)),
                NOW,
            );
            assert!(!changed.await.unwrap());
        }
        assert!(desk.accounts.session(phone).await.unwrap().is_some());
        assert_eq!(desk.count("select count(*) from outbox").await, 0);
        let (one, two) = tokio::join!(
            desk.accounts.change_password(
                (ann, None),
                (Some(HASH), "$argon2id$one"),
                (over_at(NOW), FollowUp::jobs(&told)),
                NOW
            ),
            desk.accounts.change_password(
                (ann, None),
                (Some(HASH), "$argon2id$two"),
                (over_at(NOW), FollowUp::jobs(&told)),
                NOW
            ),
        );
        assert!(one.unwrap() != two.unwrap());
        assert_eq!(desk.count("select count(*) from outbox").await, 1);
        assert!(desk.accounts.session(phone).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_role_and_a_block_are_told_with_the_account() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        for role in ["EDITOR", "SUPER_ADMIN", "USER"] {
            let set = desk
                .accounts
                .set_role(ann, role, FollowUp::default(), NOW)
                .await
                .unwrap()
                .unwrap();
            assert_eq!((set.id, set.role.as_str()), (ann, role));
        }
        let later = NOW.plus_seconds(HOUR);
        let blocked = desk
            .accounts
            .set_blocked(ann, true, FollowUp::default(), later)
            .await
            .unwrap();
        assert_eq!(blocked.unwrap().blocked_at, Some(later));
        let unblocked = desk
            .accounts
            .set_blocked(ann, false, FollowUp::default(), later)
            .await
            .unwrap();
        assert_eq!(unblocked.unwrap().blocked_at, None);
        let job = mail(ann, News::EmailTaken);
        desk.accounts.enqueue(job, NOW).await.unwrap();
        assert_eq!(desk.count("select count(*) from outbox").await, 1);
    })
    .await;
}
