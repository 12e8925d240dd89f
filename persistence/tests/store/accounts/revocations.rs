//! From when on tokens are good, and of which sessions they are not, for as many as there is room for.

use persistence::accounts::FollowUp;
use persistence::audit_log::By;
use persistence::revocations::{Revocations, TokensEnd};
use uuid::Uuid;

use super::{Desk, HOUR, NOW, end_at, over_at};
use crate::support::in_time;

async fn fill(desk: &Desk, count: i64) {
    let fill = "insert into token_revocations (subject, not_before) \
        select gen_random_uuid(), to_timestamp(0) from generate_series(1, $1)";
    sqlx::query(fill)
        .bind(count)
        .execute(desk.pool())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_revocation_only_moves_forward_and_is_forgotten_when_no_token_can_meet_it() {
    in_time(async {
        let desk = Desk::open().await;
        let revocations = Revocations::new(desk.pool().clone());
        let [ann, bob] = [Uuid::from_u128(1 << 70), Uuid::from_u128(2 << 70)];
        let later = NOW.plus_seconds(HOUR);
        for at in [NOW, later, NOW] {
            assert!(
                revocations
                    .revoke(ann, end_at(at), (By::default(), NOW))
                    .await
                    .unwrap()
            );
        }
        assert!(
            revocations
                .revoke(bob, end_at(NOW), (By::default(), NOW))
                .await
                .unwrap()
        );
        let all = revocations.all().await.unwrap();
        assert_eq!((all.len(), all[&ann], all[&bob]), (2, later, NOW));
        // Bob's is over after an hour, Ann's after two.
        revocations.forget(later).await.unwrap();
        assert_eq!(revocations.all().await.unwrap().len(), 2);
        revocations.forget(later.plus_seconds(1)).await.unwrap();
        let all = revocations.all().await.unwrap();
        assert!(all.contains_key(&ann) && all.len() == 1);
        revocations
            .forget(later.plus_seconds(HOUR + 1))
            .await
            .unwrap();
        assert!(revocations.all().await.unwrap().is_empty());
    })
    .await;
}

/// One that must be known for longer stays known for longer, whichever came first.
#[tokio::test]
async fn the_later_end_of_two_counts() {
    in_time(async {
        let desk = Desk::open().await;
        let revocations = Revocations::new(desk.pool().clone());
        let ann = Uuid::from_u128(1 << 70);
        let long = TokensEnd {
            not_before: NOW,
            forget_at: NOW.plus_seconds(30 * HOUR),
        };
        assert!(
            revocations
                .revoke(ann, long, (By::default(), NOW))
                .await
                .unwrap()
        );
        assert!(
            revocations
                .revoke(ann, end_at(NOW.plus_seconds(1)), (By::default(), NOW))
                .await
                .unwrap()
        );
        revocations
            .forget(NOW.plus_seconds(29 * HOUR))
            .await
            .unwrap();
        let all = revocations.all().await.unwrap();
        assert_eq!(all.get(&ann), Some(&NOW.plus_seconds(1)));
    })
    .await;
}

#[tokio::test]
async fn there_is_room_for_a_hundred_thousand_and_all_that_are_over_go_at_once() {
    in_time(async {
        let desk = Desk::open().await;
        let revocations = Revocations::new(desk.pool().clone());
        let [ann, bob] = [Uuid::from_u128(1 << 70), Uuid::from_u128(2 << 70)];
        assert!(
            revocations
                .revoke(ann, end_at(NOW), (By::default(), NOW))
                .await
                .unwrap()
        );
        fill(&desk, 99_999).await;
        assert!(
            !revocations
                .revoke(bob, end_at(NOW), (By::default(), NOW))
                .await
                .unwrap()
        );
        // Whoever is known already is revoked again.
        let later = NOW.plus_seconds(1);
        assert!(
            revocations
                .revoke(ann, end_at(later), (By::default(), NOW))
                .await
                .unwrap()
        );
        // Those of before have no end and stay.
        let over = "update token_revocations set forget_at = to_timestamp(0) \
            where subject in (select subject from token_revocations limit 5000)";
        sqlx::query(over).execute(desk.pool()).await.unwrap();
        revocations.forget(NOW).await.unwrap();
        let count = desk.count("select count(*) from token_revocations").await;
        assert_eq!(count, 95_000);
        assert!(
            revocations
                .revoke(bob, end_at(NOW), (By::default(), NOW))
                .await
                .unwrap()
        );
    })
    .await;
}

/// The tokens of a session that has ended are refused until the last of them would have expired.
#[tokio::test]
async fn ended_sessions_are_remembered_while_there_is_room_and_forgotten_in_time() {
    in_time(async {
        let desk = Desk::open().await;
        let revocations = Revocations::new(desk.pool().clone());
        let ann = desk.account("ann@example.com").await;
        let phone = desk.sign_in(ann, NOW).await;
        let ended = desk
            .accounts
            .end_sessions(ann, over_at(NOW), FollowUp::default(), NOW)
            .await;
        assert_eq!(ended.unwrap(), 1);
        let known = async || revocations.ended_sessions().await.unwrap();
        assert!(known().await.contains(&phone));
        revocations.forget(over_at(NOW)).await.unwrap();
        assert!(known().await.contains(&phone));
        let fill = "insert into ended_sessions (session_id, forget_at) \
            select gen_random_uuid(), to_timestamp(0) from generate_series(1, 99999)";
        sqlx::query(fill).execute(desk.pool()).await.unwrap();
        // Signed out all the same, only its tokens live out their minutes.
        let laptop = desk.sign_in(ann, NOW).await;
        let ended = desk
            .accounts
            .end_sessions(ann, over_at(NOW), FollowUp::default(), NOW)
            .await;
        assert_eq!(ended.unwrap(), 1);
        assert!(desk.accounts.session(laptop).await.unwrap().is_none());
        assert!(!known().await.contains(&laptop));
        revocations
            .forget(over_at(NOW).plus_seconds(1))
            .await
            .unwrap();
        assert!(known().await.is_empty());
    })
    .await;
}
