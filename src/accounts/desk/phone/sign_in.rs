//! Signing in with a code.

use metrics::counter;
use persistence::accounts::{EnteredByPhone, GivenCode, NewByPhone, NewSession};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::CodeRefusal;
use crate::accounts::asker::Asker;
use crate::accounts::desk::keyed::{Before, Write};
use crate::accounts::desk::{Answered, Credentials, Desk, Device, Refusal, evenly};
use crate::accounts::rules;
use crate::fresh_ids;
use crate::telemetry::names;
use crate::wire::composed::composed;

/// Somebody whom a code has let in.
#[derive(Debug)]
pub struct Entered {
    pub credentials: Credentials,
    /// Whether the account was made for it.
    pub is_new: bool,
}

impl Desk {
    /// Signs a device in to the account whose proved number was sent the code, or to a new one. Sent again under
    /// its key with the same code it gets the same tokens, as long as nobody has used them, the code would still
    /// be good, and it was not guessed at too often: a repetition counts as a guess, so that nobody tries codes
    /// by repeating.
    ///
    /// # Errors
    ///
    /// [`CodeRefusal::Wrong`], whatever is not right with it; [`Refusal::Blocked`];
    /// [`Refusal::SessionEnded`] when the tokens of its key were used; [`Refusal::KeyReused`];
    /// [`CodeRefusal::Unavailable`] and [`CodeRefusal::Busy`], when nobody could say.
    pub async fn sign_in_by_code(
        &self,
        (phone, code): (&str, &SecretString),
        name: Option<&str>,
        asker: &Asker,
        device: &Device,
    ) -> Result<Answered<Entered>, Refusal> {
        let began = Instant::now();
        let entering = self.enter_once((phone, code), name, asker, device);
        let outcome = Box::pin(entering).await;
        let label = match &outcome {
            Ok(entered) if entered.answer.is_new => "registered",
            Ok(_) => "signed_in",
            Err(Refusal::Code(CodeRefusal::Wrong)) => "wrong",
            Err(Refusal::Blocked) => "blocked",
            Err(Refusal::Code(CodeRefusal::Busy)) => "busy",
            Err(_) => "failed",
        };
        counter!(names::CODE_CHECKS, "outcome" => label).increment(1);
        if matches!(outcome, Err(Refusal::Code(CodeRefusal::Wrong))) {
            return evenly(began, outcome).await;
        }
        outcome
    }

    async fn enter_once(
        &self,
        (phone, code): (&str, &SecretString),
        name: Option<&str>,
        asker: &Asker,
        device: &Device,
    ) -> Result<Answered<Entered>, Refusal> {
        let name = name.map(composed);
        let sent: [&[u8]; 2] = [
            code.expose_secret().as_bytes(),
            name.as_deref().unwrap_or_default().as_bytes(),
        ];
        let write = self.write(asker, &[b"enter", phone.as_bytes()], &sent);
        let _turn = match &write.keyed {
            Some(keyed) => Some(self.0.turns.take(keyed.key).await),
            None => None,
        };
        let attempt = self.attempt(phone).await?;
        let name = name.as_deref().unwrap_or(rules::NAME_UNKNOWN);
        let entering = async {
            let given = self.compare_code(phone, code, &attempt).await?;
            self.enter(given, name, &write, device).await
        };
        match &write.keyed {
            None => entering.await.map(Answered::first),
            Some(keyed) => {
                let again = async |before| self.enter_again(before).await;
                self.once_in_turn(keyed, Box::pin(entering), again).await
            }
        }
    }

    async fn enter(
        &self,
        given: GivenCode<'_>,
        name: &str,
        write: &Write<'_>,
        device: &Device,
    ) -> Result<Entered, Refusal> {
        let now = self.now();
        let new = NewByPhone {
            id: fresh_ids::uuid(now),
            name,
        };
        let session = NewSession {
            id: fresh_ids::uuid(now),
            device: &rules::device(&device.user_agent),
            address: &device.address.to_string(),
            expires_at: now.plus_seconds(self.0.lifetimes.refresh_seconds),
            others_forgotten_at: self.forget_at(now),
        };
        let accounts = &self.0.accounts;
        let entered = accounts.enter_by_phone(given, (new, &session), write.follow_up(&[]), now);
        let (account, is_new) = match entered.await? {
            EnteredByPhone::SignedIn(account) => (account, false),
            EnteredByPhone::Created(account) => (account, true),
            EnteredByPhone::NoSuchCode => return Err(CodeRefusal::Wrong.into()),
            EnteredByPhone::Blocked => return Err(Refusal::Blocked),
        };
        let credentials = self.credentials(*account, (session.id, 0), now)?;
        Ok(Entered {
            credentials,
            is_new,
        })
    }

    async fn enter_again(&self, before: Before) -> Result<Entered, Refusal> {
        let credentials = self.once_more(before).await?;
        let credentials = credentials.ok_or(Refusal::SessionEnded)?;
        let session = self.0.accounts.session(credentials.session).await?;
        // An account that was made for a session is as old as it.
        let made_at = credentials.account.created_at;
        let is_new = session.is_some_and(|(_, session)| session.created_at == made_at);
        Ok(Entered {
            credentials,
            is_new,
        })
    }
}
