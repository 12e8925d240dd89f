//! Jobs that follow from entries and may fail and be tried again: what is to be done, for whoever
//! writes one with its entry and for the worker that does it.

use serde::{Deserialize, Serialize};
use sqlx::types::{JsonValue, Uuid};

use crate::error::StoreError;

const BOOKING_CONFIRMED: &str = "booking_confirmed";
const REFUND_REQUESTED: &str = "refund_requested";

/// The topic of mails.
pub const MAIL: &str = "mail";

/// One job of the outbox. Its row has the topic in one column and what the worker must know, as JSON,
/// in another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Job {
    /// A booking was sold: its buyer is to be notified.
    BookingConfirmed(BookingConfirmed),
    /// Money must go back.
    RefundRequested(RefundRequested),
    /// Somebody is to be written to about their account.
    Mail(Mail),
}

/// Which booking was sold to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookingConfirmed {
    pub booking_id: Uuid,
    pub buyer_id: Uuid,
    /// Whether its payment came after its deadline.
    pub late: bool,
}

/// Which money goes back, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundRequested {
    pub booking_id: Uuid,
    pub reason: RefundReason,
    /// Absent when everything captured goes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_minor_units: Option<i64>,
    /// What the payment is called where it was made, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_reference: Option<String>,
    /// Numbers of the tickets refunded; none when the whole booking is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tickets: Vec<u8>,
}

/// Whose account a mail is about, and what it says. What lets somebody in is never part of it: a link
/// is named by its id, and made from that when the mail is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    pub account_id: Uuid,
    #[serde(flatten)]
    pub news: News,
}

/// What a mail says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum News {
    /// Confirm that this address is yours.
    VerifyEmail {
        link_id: Uuid,
    },
    /// Choose another password.
    ResetPassword {
        link_id: Uuid,
    },
    /// Confirm that the new address, to which this goes, is yours.
    ChangeEmail {
        link_id: Uuid,
        to: String,
    },
    /// Your address is another one now; this goes to the one before.
    EmailChanged {
        to: String,
    },
    PasswordChanged,
    /// Somebody wanted to register with your address.
    EmailTaken,
    /// You are signed in, after somebody failed to be.
    SignedInAfterFailures {
        failures: u32,
        device: String,
    },
    /// One of your refresh tokens came twice, so its session has ended.
    TokenReused {
        device: String,
    },
    /// Somebody whom a provider vouches for can sign in to your account from now on.
    IdentityLinked {
        device: String,
    },
    /// Your account is erased; this goes to its address of before.
    Erased {
        to: String,
        /// Absent when the address was never confirmed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
}

/// Why money goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundReason {
    /// It came too late, and the places were gone.
    PaymentOrphaned,
    /// The booking, or some of its tickets, was cancelled.
    BookingCancelled,
}

impl Job {
    /// Its topic, as the column has it.
    pub const fn topic(&self) -> &'static str {
        match self {
            Self::BookingConfirmed(_) => BOOKING_CONFIRMED,
            Self::RefundRequested(_) => REFUND_REQUESTED,
            Self::Mail(_) => MAIL,
        }
    }

    /// The job of a row.
    ///
    /// # Errors
    ///
    /// [`StoreError::CorruptRow`] when the topic is not one of ours, or the payload not one of its
    /// jobs.
    pub fn of_row(id: i64, topic: &str, payload: JsonValue) -> Result<Self, StoreError> {
        let corrupt =
            |column, reason: &dyn ToString| StoreError::corrupt("outbox", column, &id, reason);
        let job = match topic {
            BOOKING_CONFIRMED => BookingConfirmed::deserialize(payload).map(Self::BookingConfirmed),
            REFUND_REQUESTED => RefundRequested::deserialize(payload).map(Self::RefundRequested),
            MAIL => Mail::deserialize(payload).map(Self::Mail),
            unknown => return Err(corrupt("topic", &format!("{unknown:?} is not a topic"))),
        };
        job.map_err(|error| corrupt("payload", &error))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Rows outlive the program that wrote them.
    #[test]
    fn rows_keep_their_form() {
        let booking = Uuid::from_u128(1);
        let confirmed = Job::BookingConfirmed(BookingConfirmed {
            booking_id: booking,
            buyer_id: Uuid::from_u128(2),
            late: true,
        });
        let orphaned = Job::RefundRequested(RefundRequested {
            booking_id: booking,
            reason: RefundReason::PaymentOrphaned,
            amount_minor_units: None,
            payment_reference: Some("pay_7".to_owned()),
            tickets: Vec::new(),
        });
        let cancelled = Job::RefundRequested(RefundRequested {
            booking_id: booking,
            reason: RefundReason::BookingCancelled,
            amount_minor_units: Some(500),
            payment_reference: None,
            tickets: vec![1, 3],
        });
        let buyer_id = Uuid::from_u128(2);
        for (job, topic, payload) in [
            (
                confirmed,
                "booking_confirmed",
                json!({"booking_id": booking, "buyer_id": buyer_id, "late": true}),
            ),
            (
                orphaned,
                "refund_requested",
                json!({"booking_id": booking, "reason": "payment_orphaned", "payment_reference": "pay_7"}),
            ),
            (
                cancelled,
                "refund_requested",
                json!({"booking_id": booking, "reason": "booking_cancelled", "amount_minor_units": 500, "tickets": [1, 3]}),
            ),
        ] {
            assert_eq!(job.topic(), topic);
            assert_eq!(serde_json::to_value(&job).unwrap(), payload);
            assert_eq!(Job::of_row(7, topic, payload).unwrap(), job);
        }
    }

    #[test]
    fn rows_of_mails_keep_their_form() {
        let (account_id, link_id) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let to = "ann@example.com".to_owned();
        let name = Some("Ann Lee".to_owned());
        let device = "Firefox on Linux".to_owned();
        for (news, payload) in [
            (
                News::VerifyEmail { link_id },
                json!({"news": "verify_email", "link_id": link_id}),
            ),
            (
                News::ResetPassword { link_id },
                json!({"news": "reset_password", "link_id": link_id}),
            ),
            (
                News::ChangeEmail {
                    link_id,
                    to: to.clone(),
                },
                json!({"news": "change_email", "link_id": link_id, "to": "ann@example.com"}),
            ),
            (
                News::EmailChanged { to: to.clone() },
                json!({"news": "email_changed", "to": "ann@example.com"}),
            ),
            (News::PasswordChanged, json!({"news": "password_changed"})),
            (News::EmailTaken, json!({"news": "email_taken"})),
            (
                News::SignedInAfterFailures {
                    failures: 7,
                    device: device.clone(),
                },
                json!({"news": "signed_in_after_failures", "failures": 7, "device": "Firefox on Linux"}),
            ),
            (
                News::TokenReused {
                    device: device.clone(),
                },
                json!({"news": "token_reused", "device": "Firefox on Linux"}),
            ),
            (
                News::IdentityLinked { device },
                json!({"news": "identity_linked", "device": "Firefox on Linux"}),
            ),
            (
                News::Erased { to, name },
                json!({"news": "erased", "to": "ann@example.com", "name": "Ann Lee"}),
            ),
        ] {
            let job = Job::Mail(Mail { account_id, news });
            let mut payload = payload;
            // The statement that erases a person's mails looks for it under this name, in this form.
            payload["account_id"] = "00000000-0000-0000-0000-000000000001".into();
            assert_eq!(job.topic(), "mail");
            assert_eq!(serde_json::to_value(&job).unwrap(), payload);
            assert_eq!(Job::of_row(7, "mail", payload).unwrap(), job);
        }
    }

    #[test]
    fn other_rows_are_damage_that_says_where() {
        for (topic, payload, column) in [
            ("booking_conformed", json!({}), "outbox.topic of row 7"),
            ("booking_confirmed", json!({}), "outbox.payload of row 7"),
            (
                "refund_requested",
                json!({"booking_id": Uuid::nil(), "reason": "whim"}),
                "outbox.payload of row 7",
            ),
            (
                "mail",
                json!({"account_id": Uuid::nil(), "news": "of_tomorrow"}),
                "outbox.payload of row 7",
            ),
        ] {
            let error = Job::of_row(7, topic, payload).unwrap_err();
            assert!(error.to_string().contains(column), "{error}");
        }
    }
}
