//! What the audit log says of accounts.

use seating::timestamp::Timestamp;
use serde_json::{Map, Value, json};
use sqlx::postgres::PgConnection;
use sqlx::types::Uuid;

use super::{Account, ApiKey, columns, row};
use crate::audit_log::{self, By, Change, Target};
use crate::error::StoreError;

/// An account that is about to change; locked, so that nobody changes it between.
const LOCK: &str = concat!(
    "select ",
    columns!(),
    " from accounts a where a.id = $1 and a.erased_at is null for no key update"
);

/// An account as it is before it changes; none when it is gone.
pub(super) async fn before(
    connection: &mut PgConnection,
    account: Uuid,
) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query(LOCK)
        .bind(account)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(row::account).transpose()
}

/// Writes down what was done to an account.
pub(super) async fn log(
    connection: &mut PgConnection,
    by: By<'_>,
    (action, account): (&str, Uuid),
    (before, after): (Option<&Account>, Option<&Account>),
    now: Timestamp,
) -> Result<(), StoreError> {
    let change = change(before, after);
    // Somebody may say again and again what is so already.
    if before.is_some() && change == Change::default() {
        return Ok(());
    }
    let what = (action, Target::Account(account));
    audit_log::write(connection, by, what, change, now).await
}

/// Writes down what was done to the key of a program.
pub(super) async fn log_key(
    connection: &mut PgConnection,
    by: By<'_>,
    (action, key): (&str, &ApiKey),
    now: Timestamp,
) -> Result<(), StoreError> {
    let change = Change {
        after: Some(json!({"name": key.name, "role": key.role})),
        ..Change::default()
    };
    let what = (action, Target::ApiKey(key.id));
    audit_log::write(connection, by, what, change, now).await
}

/// Writes down that a provider vouches for the owner of an account. What it calls them is about the person, and is
/// not said.
pub(super) async fn log_identity(
    connection: &mut PgConnection,
    by: By<'_>,
    account: Uuid,
    issuer: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let change = Change {
        after: Some(json!({"issuer": issuer})),
        ..Change::default()
    };
    let what = ("account.identity_linked", Target::Account(account));
    audit_log::write(connection, by, what, change, now).await
}

/// Of two states of an account what differs.
fn change(before: Option<&Account>, after: Option<&Account>) -> Change {
    let (was, is) = (before.map(state), after.map(state));
    let (of_person, was_of_person) = (after.map(person), before.map(person));
    Change {
        before: differing(was.as_ref(), is.as_ref()),
        after: differing(is.as_ref(), was.as_ref()),
        of_person: (
            differing(was_of_person.as_ref(), of_person.as_ref()),
            differing(of_person.as_ref(), was_of_person.as_ref()),
        ),
    }
}

fn state(account: &Account) -> Map<String, Value> {
    members([
        ("role", json!(account.role)),
        ("email_verified", json!(account.email_verified_at.is_some())),
        ("phone_verified", json!(account.phone_verified_at.is_some())),
        ("blocked", json!(account.blocked_at.is_some())),
    ])
}

fn person(account: &Account) -> Map<String, Value> {
    members([
        ("email", json!(account.email)),
        ("name", json!(account.name)),
        ("phone", json!(account.phone)),
    ])
}

fn members<const COUNT: usize>(members: [(&str, Value); COUNT]) -> Map<String, Value> {
    let members = members.into_iter();
    members
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// The members of one that are others in the other, or are missing there; nothing when none are.
fn differing(
    one: Option<&Map<String, Value>>,
    other: Option<&Map<String, Value>>,
) -> Option<Value> {
    let members = one?.iter();
    let differing: Map<_, _> = members
        .filter(|(name, value)| other.and_then(|other| other.get(*name)) != Some(*value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    (!differing.is_empty()).then_some(Value::Object(differing))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account {
            id: Uuid::from_u128(1),
            email: Some("ann@example.com".to_owned()),
            email_verified_at: None,
            name: "Ann".to_owned(),
            phone: None,
            phone_verified_at: None,
            role: "USER".to_owned(),
            created_at: Timestamp::MIN,
            updated_at: Timestamp::MIN,
            blocked_at: None,
        }
    }

    #[test]
    fn a_change_is_what_differs_and_people_stand_apart() {
        let before = account();
        let after = Account {
            role: "EDITOR".to_owned(),
            phone: Some("+919876543210".to_owned()),
            ..account()
        };
        let expected = Change {
            before: Some(json!({"role": "USER"})),
            after: Some(json!({"role": "EDITOR"})),
            of_person: (
                Some(json!({"phone": null})),
                Some(json!({"phone": "+919876543210"})),
            ),
        };
        assert_eq!(change(Some(&before), Some(&after)), expected);
        assert_eq!(change(Some(&before), Some(&before)), Change::default());
        let new = change(None, Some(&before));
        assert_eq!((new.before, new.of_person.0), (None, None));
        assert_eq!(new.after.unwrap()["role"], "USER");
        assert_eq!(new.of_person.1.unwrap()["email"], "ann@example.com");
    }
}
