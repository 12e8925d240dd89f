//! Keys as those read them who manage them.

use persistence::accounts::ApiKey;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::rfc3339;

/// The key of a program.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(super) struct ApiKeyView<'a> {
    /// Its id, which is who its program is: bookings and journals name it.
    api_key_id: Uuid,
    /// What people call it.
    name: &'a str,
    /// `USER`, `EDITOR` or `SUPER_ADMIN`.
    role: &'a str,
    /// Whoever made it.
    created_by: Uuid,
    created_at: String,
    /// When it ends by itself; null for never.
    expires_at: Option<String>,
    /// When it was used last, some seconds late; null for never.
    last_used_at: Option<String>,
    /// When it was taken away; null while it is good.
    revoked_at: Option<String>,
}

/// The key of a program that was just made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewApiKey)]
pub(super) struct NewApiKeyView<'a> {
    /// What the program sends, `Authorization: Bearer fh_…`. It is shown this once: keep it now. Null when the same
    /// request was answered before.
    pub(super) key: Option<&'a str>,
    #[serde(flatten)]
    pub(super) about: ApiKeyView<'a>,
}

impl<'a> ApiKeyView<'a> {
    pub(super) fn of(key: &'a ApiKey) -> Self {
        Self {
            api_key_id: key.id,
            name: &key.name,
            role: &key.role,
            created_by: key.created_by,
            created_at: rfc3339(key.created_at),
            expires_at: key.expires_at.map(rfc3339),
            last_used_at: key.last_used_at.map(rfc3339),
            revoked_at: key.revoked_at.map(rfc3339),
        }
    }
}
