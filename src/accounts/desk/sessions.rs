//! Where somebody is signed in, and the end of that.

use persistence::accounts::{FollowUp, Session};
use uuid::Uuid;

use super::{Answered, Desk, Refusal};
use crate::accounts::asker::Asker;
use crate::accounts::tokens::Bearer;

impl Desk {
    /// The sessions of an account, the last used first.
    ///
    /// # Errors
    ///
    /// [`Refusal::Store`] when the database fails.
    pub async fn sessions(&self, account: Uuid) -> Result<Vec<Session>, Refusal> {
        Ok(self.0.accounts.sessions(account, self.now()).await?)
    }

    /// Ends a session and within seconds its access tokens.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoSession`] when the account has no such one; [`Refusal::KeyReused`].
    pub async fn end_session(
        &self,
        account: Uuid,
        session: Uuid,
        asker: &Asker,
    ) -> Result<Answered<()>, Refusal> {
        let sent: [&[u8]; 2] = [b"end a session", session.as_bytes()];
        let write = self.write(asker, &[account.as_bytes()], &sent);
        let follow_up = write.follow_up(&[]);
        let end = async {
            let ended = self.end((account, session), follow_up).await?;
            ended.then_some(()).ok_or(Refusal::NoSession(session))
        };
        self.once(&write, Box::pin(end), async |_| Ok(())).await
    }

    /// Ends the session of an access token, if it has one, and that of a refresh token, whatever became of
    /// it; a token that is none of ours names nothing.
    ///
    /// # Errors
    ///
    /// [`Refusal::Store`] when the database fails.
    pub async fn sign_out(
        &self,
        bearer: Bearer,
        refresh_token: Option<&str>,
    ) -> Result<(), Refusal> {
        if let Some(session) = bearer.session() {
            self.end((bearer.caller.subject, session), FollowUp::default())
                .await?;
        }
        let token = refresh_token.and_then(|token| self.0.seals.open_refresh_token(token));
        if let Some(token) = token
            && let Some((account, session)) = self.0.accounts.session(token.session).await?
        {
            self.end((account.id, session.id), FollowUp::default())
                .await?;
        }
        Ok(())
    }

    /// Ends all sessions of an account, and the access tokens of all of them.
    ///
    /// # Errors
    ///
    /// [`Refusal::KeyReused`].
    pub async fn sign_out_everywhere(
        &self,
        account: Uuid,
        asker: &Asker,
    ) -> Result<Answered<()>, Refusal> {
        let write = self.write(asker, &[account.as_bytes()], &[b"end all sessions"]);
        let follow_up = write.follow_up(&[]);
        let end = async {
            let now = self.now();
            let forget_at = self.forget_at(now);
            let accounts = &self.0.accounts;
            accounts
                .end_sessions(account, forget_at, follow_up, now)
                .await?;
            Ok(())
        };
        self.once(&write, Box::pin(end), async |_| Ok(())).await
    }

    /// Ends a session; `false` when the account has no such one.
    pub(super) async fn end(
        &self,
        (account, session): (Uuid, Uuid),
        follow_up: FollowUp<'_>,
    ) -> Result<bool, Refusal> {
        let now = self.now();
        let ended =
            self.0
                .accounts
                .end_session((account, session), self.forget_at(now), follow_up, now);
        Ok(ended.await?)
    }
}
