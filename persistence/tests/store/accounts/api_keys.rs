//! Keys of programs: how many there may be, and who hears of them.

use persistence::accounts::KnownKeys;
use persistence::accounts::{API_KEYS_MAX, FollowUp, NewApiKey};
use seating::timestamp::Timestamp;
use uuid::Uuid;

use super::{Desk, NOW};
use crate::support::in_time;

impl Desk {
    fn known_keys(&self) -> KnownKeys {
        KnownKeys::new(self.pool().clone())
    }

    async fn make(&self, number: u8) -> Option<Uuid> {
        let new = NewApiKey {
            id: Uuid::from_u128(u128::from(number)),
            name: "a gate",
            role: "EDITOR",
            digest: &[number; 32],
            created_by: Uuid::from_u128(77),
            expires_at: Some(NOW.plus_seconds(60)),
        };
        let made = self
            .accounts
            .create_api_key(new, FollowUp::default(), NOW)
            .await;
        made.unwrap().map(|key| key.id)
    }

    async fn revoke(&self, id: Uuid, now: Timestamp) -> Option<Timestamp> {
        let whose = (id, Uuid::from_u128(77));
        let revoked = self
            .accounts
            .revoke_api_key(whose, FollowUp::default(), now)
            .await;
        revoked.unwrap().and_then(|key| key.revoked_at)
    }
}

#[tokio::test]
async fn whoever_listens_hears_of_keys_that_are_made_and_taken_away() {
    in_time(async {
        let desk = Desk::open().await;
        let keys = desk.known_keys();
        let mut news = keys.listen().await.unwrap();
        let id = desk.make(1).await.unwrap();
        news.changed().await.unwrap();
        let known = keys.all(NOW).await.unwrap();
        assert_eq!(known.len(), 1);
        assert_eq!((known[0].id, &known[0].digest), (id, &vec![1; 32]));
        assert_eq!(known[0].expires_at, Some(NOW.plus_seconds(60)));
        assert_eq!(desk.revoke(id, NOW).await, Some(NOW));
        news.changed().await.unwrap();
        assert!(keys.all(NOW).await.unwrap().is_empty());
        // The first time counts, and nobody else's key is taken.
        let later = NOW.plus_seconds(5);
        assert_eq!(desk.revoke(id, later).await, Some(NOW));
        assert_eq!(desk.revoke(Uuid::from_u128(9), NOW).await, None);
    })
    .await;
}

#[tokio::test]
async fn whoever_listens_learns_that_the_connection_was_gone() {
    in_time(async {
        let desk = Desk::open().await;
        let mut news = desk.known_keys().listen().await.unwrap();
        desk.database.sql().terminate_servers().await.unwrap();
        // Something may have changed meanwhile, so this counts as news; or it is told that nobody listens.
        drop(news.changed().await);
        desk.make(1).await.unwrap();
        assert_eq!(desk.known_keys().all(NOW).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn there_are_never_more_keys_than_may_be() {
    in_time(async {
        let desk = Desk::open().await;
        let fill = format!(
            "insert into api_keys (id, name, role, digest, created_by, created_at) \
             select gen_random_uuid(), 'x', 'USER', sha256(n::text::bytea), gen_random_uuid(), now() \
             from generate_series(1, {}) n",
            API_KEYS_MAX - 1
        );
        desk.database.sql().execute(&fill).await.unwrap();
        let made = tokio::join!(desk.make(1), desk.make(2), desk.make(3));
        let made = [made.0, made.1, made.2].into_iter().flatten();
        let made: Vec<_> = made.collect();
        assert_eq!(made.len(), 1);
        assert!(desk.revoke(made[0], NOW).await.is_some());
        assert!(desk.make(4).await.is_some());
        assert!(desk.make(5).await.is_none());
        // One that has expired leaves room for another, and is known for a day.
        let over = "update api_keys set expires_at = to_timestamp(1790000000) where name <> 'x'";
        desk.database.sql().execute(over).await.unwrap();
        assert!(desk.make(6).await.is_some());
        let known = async |at: Timestamp| desk.known_keys().all(at).await.unwrap().len();
        assert_eq!(known(NOW).await - known(NOW.plus_seconds(2 * 86_400)).await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_use_is_only_ever_later() {
    in_time(async {
        let desk = Desk::open().await;
        let id = desk.make(1).await.unwrap();
        let keys = desk.known_keys();
        let late = NOW.plus_seconds(9);
        keys.note_use(&[(id, late)]).await.unwrap();
        keys.note_use(&[(id, NOW), (Uuid::from_u128(9), NOW)])
            .await
            .unwrap();
        let key = desk.accounts.api_key(id).await.unwrap().unwrap();
        assert_eq!(key.last_used_at, Some(late));
    })
    .await;
}
