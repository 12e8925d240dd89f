//! Proving the phone of an account, which opens it from then on.

use metrics::counter;
use persistence::accounts::PhoneProved;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::CodeRefusal;
use crate::accounts::asker::Asker;
use crate::accounts::desk::keyed::Write;
use crate::accounts::desk::profile::Profile;
use crate::accounts::desk::{Answered, Desk, Device, Refusal, evenly};
use crate::accounts::tokens::Bearer;
use crate::telemetry::names;

const NOT_THE_CODE: &str = "is not good: it is not the newest one of this number, was used, guessed at too often, or is older than five minutes";

impl Desk {
    /// Takes a code as proof that a number is that of an account. As it opens the account from then on, whoever
    /// does so shows the password, or has signed in a short time ago.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`] when the code or the password is not right; [`Refusal::SignInAgain`];
    /// [`CodeRefusal::PhoneTaken`] to whoever has the right code of a number that another account has proved;
    /// [`Refusal::Blocked`]; [`Refusal::NoAccount`]; [`Refusal::KeyReused`];
    /// [`CodeRefusal::Unavailable`] and [`CodeRefusal::Busy`], when nobody could say.
    pub async fn prove_phone(
        &self,
        whose: Bearer,
        (phone, code, password): (&str, &SecretString, Option<SecretString>),
        asker: &Asker,
        device: &Device,
    ) -> Result<Answered<Profile>, Refusal> {
        let began = Instant::now();
        let account = whose.caller.subject;
        let sent: [&[u8]; 3] = [
            b"prove phone",
            phone.as_bytes(),
            code.expose_secret().as_bytes(),
        ];
        let write = self.write(asker, &[account.as_bytes()], &sent);
        let proving = async {
            match password {
                None => self.is_recent(whose).await?,
                Some(password) => {
                    let proved = self.prove("password", whose, Some(password), device);
                    drop(proved.await?);
                }
            }
            self.use_code(whose, (phone, code), &write).await
        };
        let again = async |_| self.profile(account).await;
        let outcome = self.once(&write, Box::pin(proving), again).await;
        let label = match &outcome {
            Ok(_) => "proved",
            Err(Refusal::Code(CodeRefusal::Wrong)) => "wrong",
            Err(Refusal::Code(CodeRefusal::PhoneTaken)) => "taken",
            Err(Refusal::Blocked) => "blocked",
            Err(Refusal::Code(CodeRefusal::Busy)) => "busy",
            Err(_) => "failed",
        };
        counter!(names::CODE_CHECKS, "outcome" => label).increment(1);
        match outcome {
            // Whoever asks is signed in: it is the code that is wrong, and not who they are.
            Err(Refusal::Code(CodeRefusal::Wrong)) => {
                evenly(began, Err(Refusal::field("code", NOT_THE_CODE))).await
            }
            outcome => outcome,
        }
    }

    async fn use_code(
        &self,
        whose: Bearer,
        (phone, code): (&str, &SecretString),
        write: &Write<'_>,
    ) -> Result<Profile, Refusal> {
        let attempt = self.attempt(phone).await?;
        let given = self.compare_code(phone, code, &attempt).await?;
        let (account, follow_up) = (whose.caller.subject, write.follow_up(&[]));
        let accounts = &self.0.accounts;
        let proved = accounts.prove_phone(account, given, follow_up, self.now());
        match proved.await? {
            PhoneProved::Done(account) => Profile::of(*account),
            PhoneProved::NoSuchCode => Err(CodeRefusal::Wrong.into()),
            PhoneProved::NoAccount => Err(Refusal::NoAccount),
            PhoneProved::Blocked => Err(Refusal::Blocked),
            PhoneProved::Taken => Err(CodeRefusal::PhoneTaken.into()),
        }
    }
}
