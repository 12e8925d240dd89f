//! A new access token for a refresh token, which is used up by it.

use metrics::counter;
use persistence::accounts::FollowUp;
use persistence::outbox::News;

use super::{Credentials, Desk, Device, Refusal, is_over, mail};
use crate::accounts::rules::{Standing, standing};
use crate::accounts::seals::RefreshToken;
use crate::telemetry::names;

/// How often a token is looked at again because another came between.
const LOOKS_MAX: u32 = 3;

impl Desk {
    /// The next tokens of a session. The same refresh token within moments gets the same successor,
    /// for the answer may have been lost; later it ends the session, for somebody else has had it.
    ///
    /// # Errors
    ///
    /// [`Refusal::SessionEnded`], [`Refusal::Blocked`].
    pub async fn refresh(&self, token: &str, device: &Device) -> Result<Credentials, Refusal> {
        let token = self.0.seals.open_refresh_token(token);
        let token = token.ok_or(Refusal::SessionEnded)?;
        let address = device.address.to_string();
        for _ in 0..LOOKS_MAX {
            let now = self.now();
            let expires_at = now.plus_seconds(self.0.lifetimes.refresh_seconds);
            let presented = (token.session, token.generation);
            let rotated = self.0.accounts.rotate(presented, &address, expires_at, now);
            if let Some((account, session)) = rotated.await? {
                return self.credentials(account, (session.id, session.generation), now);
            }
            let found = self.0.accounts.session(token.session).await?;
            let (account, session) = found.ok_or(Refusal::SessionEnded)?;
            if is_over(&session, now) {
                return Err(Refusal::SessionEnded);
            }
            if account.blocked_at.is_some() {
                return Err(Refusal::Blocked);
            }
            let newest = session.generation;
            match standing(token.generation, newest, session.last_used_at, now) {
                Standing::Newest => {}
                Standing::JustUsed => {
                    return self.credentials(account, (session.id, newest), now);
                }
                Standing::Reused => {
                    return self.end_family(token, account.id, session.device).await;
                }
                Standing::Unknown => return Err(Refusal::SessionEnded),
            }
        }
        Err(Refusal::SessionEnded)
    }

    async fn end_family(
        &self,
        token: RefreshToken,
        account: uuid::Uuid,
        device: String,
    ) -> Result<Credentials, Refusal> {
        counter!(names::TOKEN_REUSES).increment(1);
        let jobs = [mail(account, News::TokenReused { device })];
        let session = (account, token.session);
        if self.end(session, FollowUp::jobs(&jobs)).await? {
            tracing::debug!(
                session.id = %token.session,
                "a session has ended, because a refresh token of it came again after it was used"
            );
            self.0.bell.ring();
        }
        Err(Refusal::SessionEnded)
    }
}
