//! Devices that are signed in: one refresh token is the newest, and whoever has an older one gets nothing.

use persistence::accounts::{FollowUp, SESSIONS_MAX};
use persistence::outbox::{Job, News};
use seating::timestamp::Timestamp;
use uuid::Uuid;

use super::{DAY, Desk, HASH, HOUR, NOW, account, fresh_id, mail, over_at, session};
use crate::support::in_time;

impl Desk {
    /// Whether a device that signs in was let in.
    async fn opens(
        &self,
        account: Uuid,
        (compared, rehashed): (Option<&str>, Option<&str>),
        jobs: &[Job],
    ) -> bool {
        let new = session(NOW);
        let given = (&new, compared, rehashed);
        let opened = self
            .accounts
            .sign_in(account, given, FollowUp::jobs(jobs), NOW);
        opened.await.unwrap().is_some()
    }

    /// The generation after a rotation, if it was one.
    async fn rotate(&self, session: Uuid, generation: u32, now: Timestamp) -> Option<u32> {
        let expires_at = now.plus_seconds(7 * DAY);
        let presented = (session, generation);
        let rotated = self
            .accounts
            .rotate(presented, "192.0.2.8", expires_at, now);
        let (_, session) = rotated.await.unwrap()?;
        assert_eq!(
            (session.last_used_at, session.expires_at),
            (now, expires_at)
        );
        assert_eq!(session.address, "192.0.2.8");
        Some(session.generation)
    }
}

#[tokio::test]
async fn only_the_newest_generation_has_a_successor() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        let phone = desk.sign_in(ann, NOW).await;
        assert_eq!(desk.rotate(phone, 1, NOW).await, None);
        assert_eq!(desk.rotate(phone, 0, NOW).await, Some(1));
        assert_eq!(desk.rotate(phone, 0, NOW).await, None);
        assert_eq!(desk.rotate(phone, 1, NOW).await, Some(2));
        assert_eq!(desk.rotate(fresh_id(), 0, NOW).await, None);
        let (account, session) = desk.accounts.session(phone).await.unwrap().unwrap();
        assert_eq!((account.id, session.generation), (ann, 2));
    })
    .await;
}

#[tokio::test]
async fn of_many_who_rotate_at_once_one_wins() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        let phone = desk.sign_in(ann, NOW).await;
        for generation in 0..50 {
            let (one, two, three) = tokio::join!(
                desk.rotate(phone, generation, NOW),
                desk.rotate(phone, generation, NOW),
                desk.rotate(phone, generation, NOW),
            );
            let won: Vec<u32> = [one, two, three].into_iter().flatten().collect();
            assert_eq!(won, [generation + 1]);
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_is_over_blocked_or_erased_does_not_go_on() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        let phone = desk.sign_in(ann, NOW).await;
        let over = NOW.plus_seconds(7 * DAY);
        assert_eq!(desk.rotate(phone, 0, over).await, None);
        assert!(desk.accounts.session(phone).await.unwrap().is_some());
        assert!(desk.accounts.sessions(ann, over).await.unwrap().is_empty());

        desk.accounts
            .set_blocked(ann, true, FollowUp::default(), NOW)
            .await
            .unwrap();
        assert_eq!(desk.rotate(phone, 0, NOW).await, None);
        let (blocked, _) = desk.accounts.session(phone).await.unwrap().unwrap();
        assert_eq!(blocked.blocked_at, Some(NOW));
        assert!(!desk.opens(ann, (Some(HASH), None), &[]).await);
        desk.accounts
            .set_blocked(ann, false, FollowUp::default(), NOW)
            .await
            .unwrap();
        assert_eq!(desk.rotate(phone, 0, NOW).await, Some(1));

        assert!(
            desk.accounts
                .erase((ann, Some(HASH)), over_at(NOW), FollowUp::default(), NOW)
                .await
                .unwrap()
        );
        assert_eq!(desk.rotate(phone, 1, NOW).await, None);
        assert_eq!(desk.accounts.session(phone).await.unwrap(), None);
        assert!(!desk.opens(ann, (None, None), &[]).await);
    })
    .await;
}

#[tokio::test]
async fn the_longest_unused_sessions_end_where_there_are_too_many_and_those_that_are_over() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        let other = desk.account("bob@example.com").await;
        let others = desk.sign_in(other, NOW).await;
        let mut all = Vec::new();
        for second in 0..SESSIONS_MAX + 3 {
            all.push(desk.sign_in(ann, NOW.plus_seconds(second)).await);
        }
        let now = NOW.plus_seconds(HOUR);
        let living = desk.accounts.sessions(ann, now).await.unwrap();
        let living: Vec<Uuid> = living.iter().map(|session| session.id).collect();
        all.reverse();
        assert_eq!(living, all[..SESSIONS_MAX as usize]);
        // Tokens of those that had to go are refused as well.
        let ended = "select count(*) from ended_sessions";
        assert_eq!(desk.count(ended).await, 3);
        // A week later all of them are over, and the next one clears them away.
        let later = NOW.plus_seconds(8 * DAY);
        let last = desk.sign_in(ann, later).await;
        assert_eq!(
            desk.accounts.sessions(ann, later).await.unwrap()[0].id,
            last
        );
        assert_eq!(desk.count("select count(*) from sessions").await, 2);
        // Those of sessions that were over have expired long ago.
        assert_eq!(desk.count(ended).await, 3);
        assert!(desk.accounts.session(others).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn many_who_sign_in_at_once_are_never_too_many() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        for second in 0..SESSIONS_MAX {
            desk.sign_in(ann, NOW.plus_seconds(second)).await;
        }
        let at_once = (0..5).map(|_| desk.sign_in(ann, NOW.plus_seconds(HOUR)));
        futures::future::join_all(at_once).await;
        let sessions = desk.count("select count(*) from sessions").await;
        assert_eq!(sessions, i64::from(SESSIONS_MAX));
    })
    .await;
}

#[tokio::test]
async fn signing_in_forgets_failures_and_keeps_the_better_hash() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        for _ in 0..3 {
            desk.accounts.count_failure(ann, NOW).await.unwrap();
        }
        let look = async || {
            let found = desk.accounts.by_email("ann@example.com", "192.0.2.7").await;
            found.unwrap().unwrap()
        };
        let before = look().await;
        assert_eq!(
            (before.failed_logins, before.last_failed_at),
            (3, Some(NOW))
        );
        assert_eq!(
            (before.familiar, before.password_hash.as_deref()),
            (false, Some(HASH))
        );
        let better = (Some(HASH), Some("$argon2id$better"));
        let jobs = [mail(ann, News::PasswordChanged)];
        assert!(desk.opens(ann, better, &jobs).await);
        let after = look().await;
        assert_eq!(
            (after.failed_logins, after.last_failed_at, after.familiar),
            (0, None, true)
        );
        assert_eq!(after.password_hash.as_deref(), Some("$argon2id$better"));
        assert_eq!(desk.count("select count(*) from outbox").await, 1);
        assert_eq!(
            desk.accounts
                .by_email("nobody@example.com", "")
                .await
                .unwrap(),
            None
        );
    })
    .await;
}

/// Whoever compared with the password of before must not get in with it, and must not put it back.
#[tokio::test]
async fn a_password_that_changed_while_it_was_compared_signs_nobody_in() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        let changed = (Some(HASH), "$argon2id$second");
        let changed = desk.accounts.change_password(
            (ann, None),
            changed,
            (over_at(NOW), FollowUp::default()),
            NOW,
        );
        assert!(changed.await.unwrap());
        for rehashed in [None, Some("$argon2id$first again")] {
            let compared = (Some(HASH), rehashed);
            assert!(!desk.opens(ann, compared, &[]).await);
        }
        let hash = desk
            .accounts
            .lock(ann)
            .await
            .unwrap()
            .map(|it| it.password_hash)
            .unwrap();
        assert_eq!(hash.as_deref(), Some("$argon2id$second"));
        assert_eq!(desk.count("select count(*) from sessions").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_session_is_ended_by_its_owner_alone_and_once() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        let bob = desk.account("bob@example.com").await;
        let [phone, laptop, desktop] = [
            desk.sign_in(ann, NOW).await,
            desk.sign_in(ann, NOW).await,
            desk.sign_in(ann, NOW).await,
        ];
        let device = "phone".to_owned();
        let told = [mail(ann, News::TokenReused { device })];
        assert!(
            !desk
                .accounts
                .end_session((bob, phone), over_at(NOW), FollowUp::jobs(&told), NOW)
                .await
                .unwrap()
        );
        let (one, two) = tokio::join!(
            desk.accounts
                .end_session((ann, phone), over_at(NOW), FollowUp::jobs(&told), NOW),
            desk.accounts
                .end_session((ann, phone), over_at(NOW), FollowUp::jobs(&told), NOW),
        );
        assert!(one.unwrap() != two.unwrap());
        assert_eq!(desk.count("select count(*) from outbox").await, 1);
        let changed = (Some(HASH), "$argon2id$second");
        let changed = desk.accounts.change_password(
            (ann, Some(laptop)),
            changed,
            (over_at(NOW), FollowUp::default()),
            NOW,
        );
        assert!(changed.await.unwrap());
        assert!(desk.accounts.session(desktop).await.unwrap().is_none());
        assert!(desk.accounts.session(laptop).await.unwrap().is_some());
        let ended = desk
            .accounts
            .end_sessions(ann, over_at(NOW), FollowUp::default(), NOW)
            .await;
        assert_eq!(ended.unwrap(), 1);
        assert_eq!(
            desk.accounts
                .end_sessions(ann, over_at(NOW), FollowUp::default(), NOW)
                .await
                .unwrap(),
            0
        );
        assert_eq!(desk.count("select count(*) from ended_sessions").await, 3);
    })
    .await;
}

#[tokio::test]
async fn an_account_that_nobody_has_is_found_by_nothing() {
    in_time(async {
        let desk = Desk::open().await;
        let nobody = account("nobody@example.com").id;
        assert_eq!(desk.accounts.get(nobody).await.unwrap(), None);
        assert_eq!(
            desk.accounts
                .lock(nobody)
                .await
                .unwrap()
                .map(|it| it.password_hash),
            None
        );
        assert!(
            desk.accounts
                .sessions(nobody, NOW)
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            desk.accounts
                .set_role(nobody, "EDITOR", FollowUp::default(), NOW)
                .await
                .unwrap(),
            None
        );
        assert_eq!(
            desk.accounts
                .set_blocked(nobody, true, FollowUp::default(), NOW)
                .await
                .unwrap(),
            None
        );
        assert!(
            !desk
                .accounts
                .erase((nobody, Some(HASH)), over_at(NOW), FollowUp::default(), NOW)
                .await
                .unwrap()
        );
    })
    .await;
}
