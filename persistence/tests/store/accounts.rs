//! Accounts, and what hangs on them: every statement, asked by two at once where that matters.

mod api_keys;
mod changes;
mod codes;
mod create;
mod erase;
mod identities;
mod jobs;
mod keys;
mod links;
mod list;
mod old_programs;
mod revocations;
mod sessions;

use std::sync::atomic::{AtomicU64, Ordering};

use persistence::accounts::{
    Account, Accounts, FollowUp, KeyedWrite, LinkPurpose, NewAccount, NewLink, NewSession,
};
use persistence::outbox::{Job, Mail, News};
use persistence::revocations::TokensEnd;
use seating::timestamp::Timestamp;
use sqlx::postgres::PgPool;
use test_database::TestDatabase;
use uuid::Uuid;

/// When everything happens, unless a test says otherwise.
pub(crate) const NOW: Timestamp = Timestamp::from_unix_seconds(1_790_000_000);
pub(crate) const HOUR: u32 = 3_600;
const DAY: u32 = 24 * HOUR;
/// No hash, but nobody compares with it here.
const HASH: &str = "$argon2id$first";

/// A database with the repository of accounts over it.
pub(crate) struct Desk {
    database: TestDatabase,
    pub(crate) accounts: Accounts,
}

impl Desk {
    pub(crate) async fn open() -> Self {
        let database = Box::pin(TestDatabase::create()).await;
        let accounts = Accounts::new(database.pool().clone());
        Self { database, accounts }
    }

    pub(crate) fn pool(&self) -> &PgPool {
        self.database.pool()
    }

    /// An account without sessions.
    pub(crate) async fn account(&self, email: &str) -> Uuid {
        let new = account(email);
        let created = self
            .accounts
            .create(&new, (None, None), FollowUp::default(), NOW);
        assert!(created.await.unwrap().is_some());
        new.id
    }

    /// A device that signs in for a week.
    pub(crate) async fn sign_in(&self, account: Uuid, now: Timestamp) -> Uuid {
        let new = session(now);
        let opened =
            self.accounts
                .sign_in(account, (&new, Some(HASH), None), FollowUp::default(), now);
        assert!(opened.await.unwrap().is_some());
        new.id
    }

    /// A link that is good for an hour.
    async fn link(&self, account: Uuid, purpose: LinkPurpose, now: Timestamp) -> Uuid {
        let new = link(purpose, now);
        let sent = self
            .accounts
            .send_link(account, &new, FollowUp::default(), now);
        assert!(sent.await.unwrap());
        new.id
    }

    async fn get(&self, account: Uuid) -> Account {
        self.accounts.get(account).await.unwrap().unwrap()
    }

    async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query)
            .fetch_one(self.pool())
            .await
            .unwrap()
    }
}

/// Each above those before it, as ids are that are made in order of time.
fn fresh_id() -> Uuid {
    static LAST: AtomicU64 = AtomicU64::new(0);
    Uuid::from_u128(u128::from(LAST.fetch_add(1, Ordering::Relaxed)) + 1)
}

fn account(email: &str) -> NewAccount<'_> {
    NewAccount {
        id: fresh_id(),
        email,
        // What tests write is in lower case.
        email_key: email,
        email_verified_at: None,
        name: "Ann Lee",
        phone: None,
        role: "USER",
        password_hash: Some(HASH),
    }
}

fn session(now: Timestamp) -> NewSession<'static> {
    NewSession {
        id: fresh_id(),
        device: "Firefox on Linux",
        address: "192.0.2.7",
        expires_at: now.plus_seconds(7 * DAY),
        others_forgotten_at: over_at(now),
    }
}

fn link(purpose: LinkPurpose, now: Timestamp) -> NewLink<'static> {
    NewLink {
        id: fresh_id(),
        purpose,
        email: None,
        proved: None,
        expires_at: now.plus_seconds(HOUR),
    }
}

fn mail(account: Uuid, news: News) -> Job {
    Job::Mail(Mail {
        account_id: account,
        news,
    })
}

fn end_at(now: Timestamp) -> TokensEnd {
    TokensEnd {
        not_before: now,
        forget_at: now.plus_seconds(HOUR),
    }
}

/// A key, and what was sent with it.
pub(crate) fn keyed(key: u8, fingerprint: u8) -> KeyedWrite {
    KeyedWrite {
        key: [key; 16],
        fingerprint: [fingerprint; 16],
    }
}

/// When it need not be known any more that a session has ended.
fn over_at(now: Timestamp) -> Timestamp {
    now.plus_seconds(HOUR)
}
