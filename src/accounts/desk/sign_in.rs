//! Signing in with an address and a password.

use metrics::counter;
use persistence::accounts::{NewSession, SignIn};
use persistence::outbox::News;
use seating::timestamp::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use uuid::Uuid;

use super::keyed::Write;
use super::{Answered, Credentials, Desk, Device, Refusal, evenly, mail};
use crate::accounts::asker::Asker;
use crate::accounts::guard::Counted;
use crate::accounts::passwords::Compared;
use crate::accounts::rules;
use crate::fresh_ids;
use crate::telemetry::names;
use crate::wire::composed::composed;

impl Desk {
    /// Signs a device in. An address without an account and a wrong password are answered with the
    /// same, after the same time. Whoever sends it again under its key, with the right password, gets
    /// the tokens of the session that it has opened, as long as nobody has refreshed them.
    ///
    /// # Errors
    ///
    /// [`Refusal::WrongCredentials`]; [`Refusal::Slowed`] after too many of those; [`Refusal::Blocked`]
    /// to whoever knows the password; [`Refusal::SessionEnded`] when the tokens of its key were used;
    /// [`Refusal::KeyReused`]; [`Refusal::Busy`].
    pub async fn sign_in(
        &self,
        (email, password): (&str, SecretString),
        asker: &Asker,
        device: &Device,
    ) -> Result<Answered<Credentials>, Refusal> {
        let began = Instant::now();
        let outcome = self.sign_in_once((email, password), asker, device).await;
        let label = match &outcome {
            Ok(_) => "signed_in",
            Err(Refusal::WrongCredentials) => "wrong",
            Err(Refusal::Blocked) => "blocked",
            Err(Refusal::Slowed { .. }) => "slowed",
            Err(Refusal::Busy(_)) => "busy",
            Err(_) => "failed",
        };
        counter!(names::SIGN_INS, "outcome" => label).increment(1);
        if matches!(outcome, Err(Refusal::WrongCredentials)) {
            return evenly(began, outcome).await;
        }
        outcome
    }

    /// Only whoever has the password learns whether something was done under a key.
    async fn sign_in_once(
        &self,
        (email, password): (&str, SecretString),
        asker: &Asker,
        device: &Device,
    ) -> Result<Answered<Credentials>, Refusal> {
        // Whoever is refused for lack of room costs no look-up.
        self.0.passwords.have_room()?;
        let email_key = rules::email_key(email);
        let write = self.write(asker, &[b"login", email_key.as_bytes()], &[]);
        let Some(keyed) = &write.keyed else {
            let (found, better) = self.prove_email(email_key, password, device).await?;
            let welcome = self.welcome((&found, better.as_deref()), &write, device);
            return welcome.await.map(Answered::first);
        };
        let _turn = self.0.turns.take(keyed.key).await;
        let (found, better) = self.prove_email(email_key, password, device).await?;
        let welcome = self.welcome((&found, better.as_deref()), &write, device);
        let again = async |before| self.once_more(before).await?.ok_or(Refusal::SessionEnded);
        self.once_in_turn(keyed, Box::pin(welcome), again).await
    }

    /// The account of an address whose password this is, with a better hash of it where there is one.
    async fn prove_email(
        &self,
        email_key: String,
        password: SecretString,
        device: &Device,
    ) -> Result<(SignIn, Option<String>), Refusal> {
        let address = device.address.to_string();
        let found = self.0.accounts.by_email(&email_key, &address).await?;
        let signed_in = found.as_ref().is_some_and(|found| found.familiar);
        let familiar = signed_in || self.0.guard.is_vouched(&email_key, device.address);
        let mut counted = vec![
            Counted::Address(device.address),
            Counted::EmailFrom(email_key.clone(), device.address),
        ];
        if !familiar {
            counted.push(Counted::Email(email_key));
        }
        let attempt = self.0.guard.attempt(counted, self.now());
        let attempt = attempt.map_err(|retry_after| Refusal::Slowed { retry_after })?;
        let hash = found.as_ref().and_then(|it| it.password_hash.as_deref());
        let password = composed(password.expose_secret()).into_owned();
        let compared = match self.0.passwords.compare(password.into(), hash).await {
            Ok(compared) => compared,
            Err(busy) => {
                self.0.guard.was_not_looked_at(&attempt);
                return Err(busy.into());
            }
        };
        match (found, compared) {
            (Some(found), Compared::Right(better)) => {
                self.0.guard.was_right(&attempt);
                Ok((found, better))
            }
            (Some(found), Compared::Wrong) => {
                self.count_failure(found.account.id, self.now()).await;
                Err(Refusal::WrongCredentials)
            }
            (None, _) => Err(Refusal::WrongCredentials),
        }
    }

    /// Says nothing when it fails: that could happen only where there is an account.
    async fn count_failure(&self, account: Uuid, now: Timestamp) {
        if let Err(error) = self.0.accounts.count_failure(account, now).await {
            tracing::warn!(error = %error, "a wrong password was not counted for its owner");
        }
    }

    /// Opens a session for somebody who has shown who they are.
    pub(super) async fn welcome(
        &self,
        (found, better): (&SignIn, Option<&str>),
        write: &Write<'_>,
        device: &Device,
    ) -> Result<Credentials, Refusal> {
        let now = self.now();
        let name = rules::device(&device.user_agent);
        let session = NewSession {
            id: fresh_ids::uuid(now),
            device: &name,
            address: &device.address.to_string(),
            expires_at: now.plus_seconds(self.0.lifetimes.refresh_seconds),
            others_forgotten_at: self.forget_at(now),
        };
        let account = &found.account;
        let told = (found.failed_logins >= rules::FAILURES_TOLD).then(|| {
            let news = News::SignedInAfterFailures {
                failures: found.failed_logins,
                device: name.to_string(),
            };
            mail(account.id, news)
        });
        let jobs: Vec<_> = told.into_iter().collect();
        let with = (&session, found.password_hash.as_deref(), better);
        let follow_up = write.follow_up(&jobs);
        let opened = self.0.accounts.sign_in(account.id, with, follow_up, now);
        let Some(account) = opened.await? else {
            // Blocked, erased, or given another password since it was looked at.
            let account = self.0.accounts.get(account.id).await?;
            let blocked = account.is_some_and(|it| it.blocked_at.is_some());
            return Err(if blocked {
                Refusal::Blocked
            } else {
                Refusal::WrongCredentials
            });
        };
        if !jobs.is_empty() {
            self.0.bell.ring();
        }
        let credentials = self.credentials(account, (session.id, 0), now)?;
        Ok(Credentials {
            failures: found.last_failed_at.map(|at| (found.failed_logins, at)),
            ..credentials
        })
    }
}
