//! Codes that are sent to phones, and the accounts that they open: asked by two servers at once.

use persistence::accounts::{
    Accounts, Attempt, Claim, EnteredByPhone, FollowUp, GivenCode, KeyUse, NewByPhone, NewCode,
    PhoneChange, PhoneProved, ProfileChange,
};
use seating::timestamp::Timestamp;
use uuid::Uuid;

use super::{DAY, Desk, HASH, HOUR, NOW, fresh_id, keyed, over_at, session};
use crate::support::in_time;

const PHONE: &str = "+919876543210";
const OTHER: &str = "+447700900123";
const DIGEST: [u8; 16] = [7; 16];
const MINUTES: u32 = 60;

impl Desk {
    /// Whether a number may be sent a code.
    async fn claim(&self, phone: &str, now: Timestamp) -> Claim {
        let claimed = self.accounts.claim_code(phone, (None, 3), now);
        claimed.await.unwrap()
    }

    /// Makes a code good that is sent at this moment.
    async fn send(&self, phone: &str, now: Timestamp) -> Uuid {
        assert_eq!(self.claim(phone, now).await, Claim::Granted);
        let id = fresh_id();
        let code = NewCode {
            id,
            digest: Some(&DIGEST),
            expires_at: now.plus_seconds(5 * MINUTES),
            key: None,
        };
        self.accounts.arm_code((phone, now), code).await.unwrap();
        id
    }

    async fn attempt(&self, phone: &str, now: Timestamp) -> Option<Attempt> {
        self.accounts.attempt_code(phone, now).await.unwrap()
    }

    async fn enter(&self, phone: &str, id: Uuid, now: Timestamp) -> EnteredByPhone {
        enter(&self.accounts, phone, id, now).await
    }

    async fn prove(&self, account: Uuid, phone: &str, now: Timestamp) -> PhoneProved {
        let id = self.send(phone, now).await;
        let code = GivenCode { phone, id };
        let follow_up = FollowUp::default();
        let proved = self.accounts.prove_phone(account, code, follow_up, now);
        proved.await.unwrap()
    }
}

async fn enter(accounts: &Accounts, phone: &str, id: Uuid, now: Timestamp) -> EnteredByPhone {
    let new = NewByPhone {
        id: fresh_id(),
        name: "Guest",
    };
    let (code, device) = (GivenCode { phone, id }, session(now));
    let follow_up = FollowUp::default();
    let entered = accounts.enter_by_phone(code, (new, &device), follow_up, now);
    entered.await.unwrap()
}

#[tokio::test]
async fn of_many_who_claim_a_code_at_once_one_is_granted() {
    in_time(async {
        let desk = Desk::open().await;
        for round in 0..3 {
            let now = NOW.plus_seconds(round * MINUTES);
            let all = (0..20).map(|_| desk.claim(PHONE, now));
            let all = futures::future::join_all(all).await;
            let granted = all.iter().filter(|claim| **claim == Claim::Granted);
            assert_eq!(granted.count(), 1, "{all:?}");
        }
        let again_at = NOW.plus_seconds(2 * MINUTES + 60);
        let late = NOW.plus_seconds(3 * MINUTES - 1);
        let day_ends = NOW.plus_seconds(DAY);
        assert_eq!(
            desk.claim(PHONE, late).await,
            Claim::TooMany { again_at: day_ends }
        );
        let wider = desk.accounts.claim_code(PHONE, (None, 4), late).await;
        assert_eq!(wider.unwrap(), Claim::TooSoon { again_at });
        assert_eq!(desk.claim(OTHER, late).await, Claim::Granted);
        // The day is over a day after its first code.
        let before = NOW.plus_seconds(DAY - 1);
        assert!(matches!(
            desk.claim(PHONE, before).await,
            Claim::TooMany { .. }
        ));
        assert_eq!(desk.claim(PHONE, day_ends).await, Claim::Granted);
        assert_eq!(
            desk.count("select sent::bigint from phone_codes where phone like '+91%'")
                .await,
            1
        );
    })
    .await;
}

#[tokio::test]
async fn a_claim_that_is_given_back_costs_nothing_and_the_code_before_stays_good() {
    in_time(async {
        let desk = Desk::open().await;
        let first = desk.send(PHONE, NOW).await;
        let now = NOW.plus_seconds(MINUTES);
        for _ in 0..5 {
            assert_eq!(desk.claim(PHONE, now).await, Claim::Granted);
            desk.accounts.give_code_back(PHONE, now).await.unwrap();
        }
        // What is given back twice, or for another moment, is nothing.
        desk.accounts.give_code_back(PHONE, now).await.unwrap();
        assert_eq!(desk.count("select sent::bigint from phone_codes").await, 1);
        assert_eq!(desk.attempt(PHONE, now).await.unwrap().code_id, first);
        let second = desk.send(PHONE, now).await;
        assert_eq!(desk.attempt(PHONE, now).await.unwrap().code_id, second);
        assert_eq!(
            desk.enter(PHONE, first, now).await,
            EnteredByPhone::NoSuchCode
        );
    })
    .await;
}

#[tokio::test]
async fn a_request_that_was_done_under_its_key_is_told_so() {
    in_time(async {
        let desk = Desk::open().await;
        let claim = async |key: u8, now| {
            let key = [key; 16];
            let claimed = desk.accounts.claim_code(PHONE, (Some(&key), 3), now);
            claimed.await.unwrap()
        };
        assert_eq!(claim(1, NOW).await, Claim::Granted);
        // While it is sent, nobody knows that it will be.
        assert!(matches!(claim(1, NOW).await, Claim::TooSoon { .. }));
        let code = NewCode {
            id: fresh_id(),
            digest: None,
            expires_at: NOW.plus_seconds(5 * MINUTES),
            key: Some(&[1; 16]),
        };
        desk.accounts.arm_code((PHONE, NOW), code).await.unwrap();
        assert_eq!(claim(1, NOW).await, Claim::Repeated);
        assert_eq!(claim(1, NOW.plus_seconds(HOUR)).await, Claim::Repeated);
        assert!(matches!(claim(2, NOW).await, Claim::TooSoon { .. }));
        // Keys are good for a day.
        assert_eq!(claim(1, NOW.plus_seconds(DAY)).await, Claim::Granted);
        let later = NOW.plus_seconds(DAY + MINUTES);
        assert_eq!(claim(2, later).await, Claim::Granted);
    })
    .await;
}

#[tokio::test]
async fn of_fifty_guesses_at_once_five_are_counted() {
    in_time(async {
        let desk = Desk::open().await;
        let id = desk.send(PHONE, NOW).await;
        let all = (0..50).map(|_| desk.attempt(PHONE, NOW));
        let all = futures::future::join_all(all).await;
        let looked_at: Vec<_> = all.into_iter().flatten().collect();
        let attempt = Attempt {
            code_id: id,
            digest: Some(DIGEST.to_vec()),
            is_used: false,
        };
        assert_eq!(looked_at, vec![attempt; 5]);
        let code = GivenCode { phone: PHONE, id };
        desk.accounts.take_attempt_back(code).await.unwrap();
        assert!(desk.attempt(PHONE, NOW).await.is_some());
        assert_eq!(desk.attempt(PHONE, NOW).await, None);
        assert_eq!(desk.attempt(OTHER, NOW).await, None);
        // A new code has guesses of its own, until it is too old.
        let now = NOW.plus_seconds(MINUTES);
        desk.send(PHONE, now).await;
        desk.accounts.take_attempt_back(code).await.unwrap();
        assert!(
            desk.attempt(PHONE, now.plus_seconds(5 * MINUTES - 1))
                .await
                .is_some()
        );
        assert_eq!(
            desk.attempt(PHONE, now.plus_seconds(5 * MINUTES)).await,
            None
        );
    })
    .await;
}

#[tokio::test]
async fn of_many_who_use_a_code_at_once_one_does() {
    in_time(async {
        let desk = Desk::open().await;
        let mut known = None;
        for round in 0..3 {
            let now = NOW.plus_seconds(round * MINUTES);
            let id = desk.send(PHONE, now).await;
            let all = (0..20).map(|_| desk.enter(PHONE, id, now));
            let all = futures::future::join_all(all).await;
            let entered: Vec<_> = all
                .into_iter()
                .filter(|it| *it != EnteredByPhone::NoSuchCode)
                .collect();
            let account = match &entered[..] {
                [EnteredByPhone::Created(account)] if round == 0 => account.clone(),
                [EnteredByPhone::SignedIn(account)] if round > 0 => account.clone(),
                other => panic!("{other:?}"),
            };
            assert_eq!(
                (account.email.as_deref(), account.phone.as_deref()),
                (None, Some(PHONE))
            );
            assert_eq!(*known.get_or_insert(account.id), account.id);
            let used = desk.attempt(PHONE, now).await.unwrap();
            assert!(used.is_used);
        }
        assert_eq!(desk.count("select count(*) from sessions").await, 3);
        assert_eq!(desk.count("select count(*) from audit_log").await, 1);
        // One that is too old opens nothing, nor does one of another number.
        let now = NOW.plus_seconds(HOUR);
        let id = desk.send(OTHER, now).await;
        let late = now.plus_seconds(5 * MINUTES);
        assert_eq!(
            desk.enter(OTHER, id, late).await,
            EnteredByPhone::NoSuchCode
        );
        assert_eq!(desk.enter(PHONE, id, now).await, EnteredByPhone::NoSuchCode);
    })
    .await;
}

#[tokio::test]
async fn a_code_and_its_key_are_kept_together_or_not_at_all() {
    in_time(async {
        let desk = Desk::open().await;
        let key = keyed(1, 1);
        let id = desk.send(PHONE, NOW).await;
        let (new, device) = (
            NewByPhone {
                id: fresh_id(),
                name: "Ann",
            },
            session(NOW),
        );
        let code = GivenCode { phone: PHONE, id };
        let follow_up = FollowUp::key(Some(&key));
        let entered = desk
            .accounts
            .enter_by_phone(code, (new, &device), follow_up, NOW);
        assert!(matches!(entered.await.unwrap(), EnteredByPhone::Created(_)));
        let same = KeyUse::Same {
            account: new.id,
            session: Some(device.id),
        };
        assert_eq!(desk.accounts.key_use(&key, NOW).await.unwrap(), Some(same));
        let id = desk.send(OTHER, NOW).await;
        let (new, device) = (
            NewByPhone {
                id: fresh_id(),
                name: "Bob",
            },
            session(NOW),
        );
        let code = GivenCode { phone: OTHER, id };
        let again = desk
            .accounts
            .enter_by_phone(code, (new, &device), follow_up, NOW);
        assert!(again.await.is_err());
        assert!(!desk.attempt(OTHER, NOW).await.unwrap().is_used);
        assert_eq!(desk.count("select count(*) from accounts").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_number_is_proved_by_one_account() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        let bob = desk.account("bob@example.com").await;
        let PhoneProved::Done(proved) = desk.prove(ann, PHONE, NOW).await else {
            panic!("it is free");
        };
        assert_eq!(
            (proved.phone.as_deref(), proved.phone_verified_at),
            (Some(PHONE), Some(NOW))
        );
        let later = NOW.plus_seconds(MINUTES);
        assert_eq!(desk.prove(bob, PHONE, later).await, PhoneProved::Taken);
        assert!(!desk.attempt(PHONE, later).await.unwrap().is_used);
        // At the same moment as the proof before: that was of another number.
        let PhoneProved::Done(proved) = desk.prove(ann, OTHER, NOW).await else {
            panic!("it is free");
        };
        assert_eq!(proved.phone.as_deref(), Some(OTHER));
        assert!(proved.phone_verified_at.is_some());
        let again = NOW.plus_seconds(2 * MINUTES);
        assert!(matches!(
            desk.prove(bob, PHONE, again).await,
            PhoneProved::Done(_)
        ));
        let nobody = desk.prove(fresh_id(), OTHER, again).await;
        assert_eq!(nobody, PhoneProved::NoAccount);
        let blocked = desk
            .accounts
            .set_blocked(ann, true, FollowUp::default(), NOW);
        assert!(blocked.await.unwrap().is_some());
        let now = NOW.plus_seconds(DAY);
        assert_eq!(desk.prove(ann, OTHER, now).await, PhoneProved::Blocked);
        let id = desk.send(OTHER, now.plus_seconds(MINUTES)).await;
        let entered = desk.enter(OTHER, id, now.plus_seconds(MINUTES)).await;
        assert_eq!(entered, EnteredByPhone::Blocked);
    })
    .await;
}

/// Also when the program before this one changes it, which knows of no proofs.
#[tokio::test]
async fn another_number_is_not_proved() {
    in_time(async {
        let desk = Desk::open().await;
        let ann = desk.account("ann@example.com").await;
        desk.prove(ann, PHONE, NOW).await;
        let change = async |phone| {
            let change = ProfileChange { name: None, phone };
            let follow_up = FollowUp::default();
            let changed = desk.accounts.change_profile(ann, change, follow_up, NOW);
            changed.await.unwrap().unwrap().phone_verified_at
        };
        assert_eq!(change(PhoneChange::Replaced(PHONE)).await, Some(NOW));
        assert_eq!(change(PhoneChange::Replaced(OTHER)).await, None);
        assert_eq!(change(PhoneChange::Replaced(PHONE)).await, None);

        let old = "update accounts set phone = '+15550100', updated_at = now()";
        desk.prove(ann, PHONE, NOW.plus_seconds(HOUR)).await;
        sqlx::query(old).execute(desk.pool()).await.unwrap();
        assert_eq!(desk.get(ann).await.phone_verified_at, None);
        // Of an account that has nothing else it changes none.
        let id = desk.send(OTHER, NOW).await;
        desk.enter(OTHER, id, NOW).await;
        let refused = sqlx::query(old).execute(desk.pool()).await.unwrap_err();
        let constraint = refused.as_database_error().and_then(|it| it.constraint());
        assert_eq!(constraint, Some("accounts_erased_or_whole"));
    })
    .await;
}

/// By this program, and by the one before, which does not name the proof.
#[tokio::test]
async fn whoever_is_erased_leaves_no_number() {
    in_time(async {
        let desk = Desk::open().await;
        let id = desk.send(PHONE, NOW).await;
        let EnteredByPhone::Created(ann) = desk.enter(PHONE, id, NOW).await else {
            panic!("it is free");
        };
        let erased = desk.accounts.erase((ann.id, None), over_at(NOW), FollowUp::default(), NOW);
        assert!(erased.await.unwrap());
        let bob = desk.account("bob@example.com").await;
        desk.prove(bob, OTHER, NOW).await;
        let old = "update accounts set email = null, email_key = null, email_verified_at = null, name = null, \
            phone = null, password_hash = null, failed_logins = 0, last_failed_at = null, \
            role = 'USER', erased_at = now(), updated_at = now() where password_hash = $1";
        let erased = sqlx::query(old).bind(HASH).execute(desk.pool()).await.unwrap();
        assert_eq!(erased.rows_affected(), 1);
        let left = "select count(*) from accounts where phone is not null or phone_verified_at is not null";
        assert_eq!(desk.count(left).await, 0);
        // Of ann nothing stands in the log any more; bob's erasing was that statement alone.
        let people = "select count(*) from audit_log_people where account_id <> \
            (select target_id from audit_log where action = 'account.phone_verified')";
        assert_eq!(desk.count(people).await, 0);
    })
    .await;
}

#[tokio::test]
async fn numbers_that_were_sent_nothing_for_two_days_are_forgotten_a_few_at_a_time() {
    in_time(async {
        let desk = Desk::open().await;
        for number in 0..30 {
            let phone = format!("+91987654{number:04}");
            desk.send(&phone, NOW.plus_seconds(number)).await;
        }
        let rows = "select count(*) from phone_codes";
        desk.send(PHONE, NOW.plus_seconds(2 * DAY)).await;
        assert_eq!(desk.count(rows).await, 31);
        desk.send(OTHER, NOW.plus_seconds(2 * DAY + 25)).await;
        assert_eq!(desk.count(rows).await, 32 - 10);
        desk.send(PHONE, NOW.plus_seconds(2 * DAY + MINUTES)).await;
        assert_eq!(desk.count(rows).await, 32 - 20);
        desk.send(OTHER, NOW.plus_seconds(2 * DAY + 2 * MINUTES))
            .await;
        assert_eq!(desk.count(rows).await, 2);
    })
    .await;
}
