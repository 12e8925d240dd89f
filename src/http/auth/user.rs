//! Accounts as clients read them.

use axum::response::{IntoResponse, Response};
use persistence::accounts::Account;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::accounts::{Answered, Profile, Role};
use crate::http::write::marked;
use crate::wire::Envelope;
use crate::wire::rfc3339;

/// Somebody with an account.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a member of its own on the wire"
)]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserView<'a> {
    /// Their id, which bookings name.
    pub user_id: Uuid,
    /// What they are called.
    pub name: &'a str,
    /// Their address; null where they have none, and sign in with a code to their phone.
    pub email: Option<&'a str>,
    /// Whether they have confirmed it.
    pub email_verified: bool,
    /// Their number.
    pub phone: Option<&'a str>,
    /// Whether they have proved it, and may sign in with a code that is sent there.
    pub phone_verified: bool,
    /// `USER`, `EDITOR` or `SUPER_ADMIN`.
    pub role: &'static str,
    /// Whether they are kept out.
    pub blocked: bool,
    /// When they registered.
    pub created_at: String,
    /// When something of this changed last.
    pub updated_at: String,
}

impl<'a> UserView<'a> {
    /// Of an account.
    pub fn of(account: &'a Account, role: Role) -> Self {
        Self {
            user_id: account.id,
            name: &account.name,
            email: account.email.as_deref(),
            email_verified: account.email_verified_at.is_some(),
            phone: account.phone.as_deref(),
            phone_verified: account.phone_verified_at.is_some(),
            role: role.as_str(),
            blocked: account.blocked_at.is_some(),
            created_at: rfc3339(account.created_at),
            updated_at: rfc3339(account.updated_at),
        }
    }

    /// The answer to a write that has changed somebody's account.
    pub(crate) fn answer(written: &Answered<Profile>) -> Response {
        let Profile { account, role } = &written.answer;
        let response = Envelope::of(UserView::of(account, *role)).into_response();
        marked(response, written.replayed)
    }
}
