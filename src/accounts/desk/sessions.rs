//! Where somebody is signed in, and the end of that.

use persistence::accounts::Session;
use uuid::Uuid;

use super::{Desk, Refusal};

impl Desk {
    /// The sessions of an account, the last used first.
    ///
    /// # Errors
    ///
    /// [`Refusal::Store`] when the database fails.
    pub async fn sessions(&self, account: Uuid) -> Result<Vec<Session>, Refusal> {
        Ok(self.0.accounts.sessions(account, self.now()).await?)
    }

    /// Ends a session and within seconds its access tokens; `false` when the account has no such one.
    ///
    /// # Errors
    ///
    /// [`Refusal::Store`] when the database fails.
    pub async fn end_session(&self, account: Uuid, session: Uuid) -> Result<bool, Refusal> {
        let now = self.now();
        let ended = self
            .0
            .accounts
            .end_session((account, session), self.forget_at(now), &[], now);
        Ok(ended.await?)
    }

    /// Ends the session of a refresh token, whatever became of it; one that is none of ours names
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`Refusal::Store`] when the database fails.
    pub async fn end_session_of(&self, refresh_token: &str) -> Result<(), Refusal> {
        if let Some(token) = self.0.seals.open_refresh_token(refresh_token)
            && let Some((account, session)) = self.0.accounts.session(token.session).await?
        {
            self.end_session(account.id, session.id).await?;
        }
        Ok(())
    }

    /// Ends all sessions of an account, and the access tokens of all of them; returns how many there were.
    ///
    /// # Errors
    ///
    /// [`Refusal::Store`] when the database fails.
    pub async fn sign_out_everywhere(&self, account: Uuid) -> Result<u64, Refusal> {
        let forget_at = self.forget_at(self.now());
        Ok(self.0.accounts.end_sessions(account, forget_at).await?)
    }
}
