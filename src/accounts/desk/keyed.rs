//! Writes that may be sent again under a key.
//!
//! ```text
//!   a key came ──► those that came before with it are waited for
//!              ──► was something done under it?
//!                    the same   ──► the first answer, nothing is done
//!                    another    ──► KeyReused
//!                    nothing    ──► do it, and keep the key, in one transaction
//!                                     it fails: another server may have been quicker, look again
//! ```
//!
//! A key belongs to who asks: to an account, or, of somebody without a token, to the route and the address
//! or link that the request is about. Kept is a digest of what was sent, without passwords: whoever sends one
//! again proves that it is the account's.

mod turns;

use persistence::accounts::{FollowUp, KeyUse, KeyedWrite};
use persistence::audit_log::By;
use persistence::outbox::Job;
use uuid::Uuid;

use super::{Credentials, Desk, Refusal, is_over};
use crate::accounts::asker::Asker;
use crate::accounts::seals::Purpose;
pub use turns::Turns;

/// What was answered, and whether the same request was answered with it before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered<T> {
    pub answer: T,
    pub replayed: bool,
}

/// What a write was about that was done before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    pub account: Uuid,
    pub session: Option<Uuid>,
}

/// A write that somebody asks for.
#[derive(Debug)]
pub(super) struct Write<'a> {
    pub(super) by: By<'a>,
    pub(super) keyed: Option<KeyedWrite>,
}

impl Write<'_> {
    /// What is done in one transaction with it, these jobs too.
    pub(super) fn follow_up<'b>(&'b self, jobs: &'b [Job]) -> FollowUp<'b> {
        FollowUp {
            jobs,
            key: self.keyed.as_ref(),
            by: self.by,
        }
    }
}

impl<T> Answered<T> {
    pub(super) const fn first(answer: T) -> Self {
        Self {
            answer,
            replayed: false,
        }
    }

    pub(super) const fn again(answer: T) -> Self {
        Self {
            answer,
            replayed: true,
        }
    }
}

impl Desk {
    /// A write, with what is kept of it: whose its key is, and what was `sent`, of which the first part names
    /// what was asked for. No password is among it.
    pub(super) fn write<'a>(&self, asker: &'a Asker, whose: &[&[u8]], sent: &[&[u8]]) -> Write<'a> {
        let digest = |parts: &[&[u8]]| self.0.seals.digest(Purpose::KeyedWrite, parts);
        let keyed = asker.key.as_ref().map(|key| KeyedWrite {
            key: digest(&[&[key.as_str().as_bytes()], whose].concat()),
            fingerprint: digest(sent),
        });
        Write {
            by: asker.by(),
            keyed,
        }
    }

    /// Does a write unless it was done under this key before; then it is answered `again`. Whoever came
    /// before with the same key is waited for, so that no limit counts a request twice.
    pub(super) async fn once<T, Again>(
        &self,
        written: &Write<'_>,
        write: impl Future<Output = Result<T, Refusal>>,
        again: impl FnOnce(Before) -> Again,
    ) -> Result<Answered<T>, Refusal>
    where
        Again: Future<Output = Result<T, Refusal>>,
    {
        let Some(keyed) = &written.keyed else {
            return write.await.map(Answered::first);
        };
        let _turn = self.0.turns.take(keyed.key).await;
        self.once_in_turn(keyed, write, again).await
    }

    /// The same for somebody whose turn it is.
    pub(super) async fn once_in_turn<T, Again>(
        &self,
        keyed: &KeyedWrite,
        write: impl Future<Output = Result<T, Refusal>>,
        again: impl FnOnce(Before) -> Again,
    ) -> Result<Answered<T>, Refusal>
    where
        Again: Future<Output = Result<T, Refusal>>,
    {
        if let Some(before) = self.done_before(keyed).await? {
            return again(before).await.map(Answered::again);
        }
        match write.await {
            Ok(answer) => Ok(Answered::first(answer)),
            Err(refusal) => match self.done_before(keyed).await? {
                Some(before) => again(before).await.map(Answered::again),
                None => Err(refusal),
            },
        }
    }

    async fn done_before(&self, keyed: &KeyedWrite) -> Result<Option<Before>, Refusal> {
        match self.0.accounts.key_use(keyed, self.now()).await? {
            None => Ok(None),
            Some(KeyUse::Other) => Err(Refusal::KeyReused),
            Some(KeyUse::Same { account, session }) => Ok(Some(Before { account, session })),
        }
    }

    /// The first tokens of a session that a request has opened; none when they were used, or are good no
    /// longer.
    pub(super) async fn once_more(&self, before: Before) -> Result<Option<Credentials>, Refusal> {
        let Some(session) = before.session else {
            return Ok(None);
        };
        let (found, now) = (self.0.accounts.session(session).await?, self.now());
        let Some((account, session)) = found else {
            return Ok(None);
        };
        let good = account.id == before.account && account.blocked_at.is_none();
        if !good || is_over(&session, now) || session.generation != 0 {
            return Ok(None);
        }
        self.credentials(account, (session.id, 0), now).map(Some)
    }
}
