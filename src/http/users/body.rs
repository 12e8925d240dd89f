//! Bodies of requests about accounts, as the description shows them; read as those of
//! [`crate::http::auth::body`].

use utoipa::ToSchema;

/// What of your profile becomes something else; what is left out stays.
#[derive(Debug, ToSchema)]
pub struct ProfileRequest {
    /// What you are called.
    #[schema(example = "Ann Lee")]
    pub name: Option<String>,
    /// With its country's number; null takes it away.
    #[schema(example = "+919876543210")]
    pub phone: Option<String>,
}

/// The password that allows something that cannot be undone.
#[derive(Debug, ToSchema)]
pub struct PasswordRequest {
    /// Your password. An account that has none leaves it out, and its session is younger than ten minutes.
    pub password: Option<String>,
}

/// A role.
#[derive(Debug, ToSchema)]
pub struct RoleRequest {
    /// `USER`, `EDITOR` or `SUPER_ADMIN`.
    pub role: String,
}
