//! Asking for a code.

use std::time::Duration;

use metrics::counter;
use persistence::accounts::{Claim, NewCode};
use seating::timestamp::Timestamp;

use super::{CODE_SECONDS, CodeLimit, CodeRefusal, digest, of_phone, too_many};
use crate::accounts::asker::Asker;
use crate::accounts::desk::{Answered, Desk, Device, Refusal};
use crate::fresh_ids;
use crate::phone::{Codes, PhoneError};
use crate::telemetry::names;

/// A number that has the right to be sent a code since a moment.
struct Claimed {
    phone: String,
    at: Timestamp,
    key: Option<[u8; 16]>,
}

impl Desk {
    /// Sends a number a code, which is good for five minutes instead of the one before. The answer is the same
    /// whether or not the number has an account, for nobody looks. Sent again under its key nothing more is sent,
    /// as long as no other code was.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`] when its country is sent none, or nothing can be sent to it;
    /// [`CodeRefusal::TooMany`]; [`CodeRefusal::Unavailable`] and [`CodeRefusal::Busy`], when
    /// nothing was sent, and the code before stays good.
    pub async fn request_code(
        &self,
        phone: &str,
        asker: &Asker,
        device: &Device,
    ) -> Result<Answered<()>, Refusal> {
        let outcome = self.request_code_once(phone, asker, device).await;
        let label = match &outcome {
            Ok(answered) if answered.replayed => "repeated",
            Ok(_) => "sent",
            Err(Refusal::Code(CodeRefusal::TooMany { .. })) => "too_many",
            Err(Refusal::Invalid(_)) => "not_sent_there",
            Err(Refusal::Code(CodeRefusal::Busy)) => "busy",
            Err(_) => "failed",
        };
        counter!(names::CODES, "outcome" => label).increment(1);
        outcome
    }

    async fn request_code_once(
        &self,
        phone: &str,
        asker: &Asker,
        device: &Device,
    ) -> Result<Answered<()>, Refusal> {
        self.is_sent_there(phone)?;
        let write = self.write(asker, &[b"code", phone.as_bytes()], &[]);
        let key = write.keyed.map(|keyed| keyed.key);
        let _turn = match key {
            Some(key) => Some(self.0.turns.take(key).await),
            None => None,
        };
        let (now, per_day) = (self.now(), self.0.code_desk.per_day);
        let claim = self
            .0
            .accounts
            .claim_code(phone, (key.as_ref(), per_day), now);
        let claimed = Claimed {
            phone: phone.to_owned(),
            at: now,
            key,
        };
        let until = |again_at: Timestamp| Duration::from_micros(again_at.micros_after(now));
        match claim.await? {
            Claim::Granted => {}
            Claim::Repeated => return Ok(Answered::again(())),
            Claim::TooSoon { again_at } => {
                return Err(too_many(CodeLimit::Minute, until(again_at)));
            }
            Claim::TooMany { again_at } => return Err(too_many(CodeLimit::Day, until(again_at))),
        }
        if let Err(retry_after) = self.0.code_desk.allowance.take(device.address, now) {
            self.0.accounts.give_code_back(phone, now).await?;
            return Err(too_many(CodeLimit::Address, retry_after));
        }
        // It is sent, and good from then on, also when whoever asks does not wait for it.
        let (desk, address) = (self.clone(), device.address);
        let sending = tokio::spawn(async move {
            let sent = Box::pin(desk.send_code(&claimed)).await;
            if sent.is_err() {
                desk.0.code_desk.allowance.give_back(address);
            }
            sent
        });
        let sent = sending.await;
        sent.map_err(|error| Refusal::Broken(error.to_string()))??;
        Ok(Answered::first(()))
    }

    fn is_sent_there(&self, phone: &str) -> Result<(), Refusal> {
        let countries = &self.0.code_desk.countries;
        let known = countries.iter().any(|country| phone.starts_with(country));
        if countries.is_empty() || known {
            return Ok(());
        }
        let begins = countries.join(", ");
        let reason = format!("is of a country to which no codes are sent: only {begins}");
        Err(Refusal::field("phone", reason))
    }

    async fn send_code(&self, claimed: &Claimed) -> Result<(), Refusal> {
        let Claimed { phone, at, key } = claimed;
        let id = fresh_ids::uuid(*at);
        let (sent, digest) = match &self.0.code_desk.codes {
            Codes::Ours(carrier) => {
                let code = self.0.seals.phone_code(id, phone);
                let digest = digest(&self.0.seals, (id, phone), &code);
                (carrier.send(phone, &code).await, Some(digest))
            }
            Codes::Theirs(verifier) => (verifier.start(phone).await, None),
        };
        if let Err(error) = sent {
            return Err(self.was_not_sent(claimed, error).await?);
        }
        let code = NewCode {
            id,
            digest: digest.as_ref(),
            expires_at: self.now().plus_seconds(CODE_SECONDS),
            key: key.as_ref(),
        };
        Ok(self.0.accounts.arm_code((phone, *at), code).await?)
    }

    /// What could not be sent costs the number nothing, unless whoever sends says that it was sent enough.
    async fn was_not_sent(&self, claimed: &Claimed, error: PhoneError) -> Result<Refusal, Refusal> {
        let Claimed { phone, at, .. } = claimed;
        self.0.accounts.give_code_back(phone, *at).await?;
        Ok(of_phone(error))
    }
}
