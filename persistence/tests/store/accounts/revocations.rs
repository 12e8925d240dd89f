//! From when on tokens are good, for as many subjects as there is room for.

use persistence::revocations::{Revocations, TokensEnd};
use uuid::Uuid;

use super::{Desk, HOUR, NOW, end_at};
use crate::support::in_time;

/// Of all subjects those whose tokens people ended themselves.
const OF_PEOPLE_MAX: i64 = 20_000;

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
            assert!(revocations.revoke(ann, end_at(at)).await.unwrap());
        }
        assert!(revocations.revoke(bob, end_at(NOW)).await.unwrap());
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
        assert!(revocations.revoke(ann, long).await.unwrap());
        assert!(
            revocations
                .revoke(ann, end_at(NOW.plus_seconds(1)))
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
async fn people_leave_room_for_those_whom_the_operator_revokes() {
    in_time(async {
        let desk = Desk::open().await;
        let (ann, bob) = (
            desk.account("ann@example.com").await,
            desk.account("bob@example.com").await,
        );
        fill(&desk, OF_PEOPLE_MAX - 1).await;
        let count = async || desk.count("select count(*) from token_revocations").await;
        desk.accounts
            .end_everything(ann, end_at(NOW))
            .await
            .unwrap();
        assert_eq!(count().await, OF_PEOPLE_MAX);
        // Bob is signed out all the same, only his tokens live out their minutes.
        let phone = desk.sign_in(bob, NOW).await;
        assert_eq!(
            desk.accounts
                .end_everything(bob, end_at(NOW))
                .await
                .unwrap(),
            1
        );
        assert!(desk.accounts.session(phone).await.unwrap().is_none());
        assert_eq!(count().await, OF_PEOPLE_MAX);
        // Ann is known already, and the operator has room left.
        let later = NOW.plus_seconds(1);
        desk.accounts
            .end_everything(ann, end_at(later))
            .await
            .unwrap();
        let revocations = Revocations::new(desk.pool().clone());
        assert!(revocations.revoke(bob, end_at(NOW)).await.unwrap());
        let all = revocations.all().await.unwrap();
        assert_eq!((all[&ann], all[&bob]), (later, NOW));
        // A hundred thousand and no more.
        fill(&desk, 100_000 - OF_PEOPLE_MAX - 1).await;
        let cleo = Uuid::from_u128(3 << 70);
        assert!(!revocations.revoke(cleo, end_at(NOW)).await.unwrap());
        assert!(revocations.revoke(bob, end_at(later)).await.unwrap());
        // Those of before have no end and stay, and a hundred at most go at once.
        let forget = "update token_revocations set forget_at = to_timestamp(0) \
            where subject in (select subject from token_revocations limit 150)";
        sqlx::query(forget).execute(desk.pool()).await.unwrap();
        revocations.forget(NOW).await.unwrap();
        assert_eq!(count().await, 100_000 - 100);
        revocations.forget(NOW).await.unwrap();
        revocations.forget(NOW).await.unwrap();
        assert_eq!(count().await, 100_000 - 150);
        assert!(revocations.revoke(cleo, end_at(NOW)).await.unwrap());
    })
    .await;
}
