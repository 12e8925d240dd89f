//! Bodies of requests about identity, as the description shows them. They are read member by member
//! ([`crate::http::extract::Fields`]), so that all that is wrong is told at once.

use utoipa::ToSchema;

/// Who wants an account.
#[derive(Debug, ToSchema)]
pub struct RegisterRequest {
    /// What you are called.
    #[schema(example = "Ann Lee")]
    pub name: String,
    /// Your address, which nobody else may have, in whatever case.
    #[schema(example = "ann@example.com")]
    pub email: String,
    /// From 10 to 128 characters; none of the commonest.
    #[schema(example = "correct horse battery")]
    pub password: String,
    /// With its country's number.
    #[schema(example = "+919876543210")]
    pub phone: Option<String>,
}

/// Who signs in.
#[derive(Debug, ToSchema)]
pub struct LoginRequest {
    /// Your address.
    #[schema(example = "ann@example.com")]
    pub email: String,
    /// Your password.
    #[schema(example = "correct horse battery")]
    pub password: String,
}

/// A refresh token; it may be left out where a browser sends it as a cookie.
#[derive(Debug, ToSchema)]
pub struct RefreshRequest {
    /// As the last answer had it.
    pub refresh_token: Option<String>,
}

/// The token of a mailed link.
#[derive(Debug, ToSchema)]
pub struct TokenRequest {
    /// What stands behind `token=` in the link.
    pub token: String,
}

/// An address.
#[derive(Debug, ToSchema)]
pub struct EmailRequest {
    /// Your address.
    #[schema(example = "ann@example.com")]
    pub email: String,
}

/// Another address, and the password that allows it.
#[derive(Debug, ToSchema)]
pub struct NewEmailRequest {
    /// The address that is to be yours.
    #[schema(example = "ann.lee@example.com")]
    pub email: String,
    /// Your password. An account that has none leaves it out, and its session is younger than ten minutes.
    pub password: Option<String>,
}

/// A new password, by a mailed link.
#[derive(Debug, ToSchema)]
pub struct ResetRequest {
    /// What stands behind `token=` in the link.
    pub token: String,
    /// From 10 to 128 characters; none of the commonest.
    pub password: String,
}

/// A new password instead of the one before.
#[derive(Debug, ToSchema)]
pub struct ChangePasswordRequest {
    /// The one before. An account that has none leaves it out, and its session is younger than ten minutes.
    pub old_password: Option<String>,
    /// From 10 to 128 characters; none of the commonest.
    pub new_password: String,
}

/// A number.
#[derive(Debug, ToSchema)]
pub struct PhoneRequest {
    /// With its country's number.
    #[schema(example = "+919876543210")]
    pub phone: String,
}

/// Who signs in with a code.
#[derive(Debug, ToSchema)]
pub struct CodeRequest {
    /// The number that was sent the code.
    #[schema(example = "+919876543210")]
    pub phone: String,
    /// The six digits of the newest message.
    #[schema(example = "042137")]
    pub code: String,
    /// What you are called, if the number has no account yet.
    #[schema(example = "Ann Lee")]
    pub name: Option<String>,
}

/// Proof that a number is yours.
#[derive(Debug, ToSchema)]
pub struct ProvePhoneRequest {
    /// The number that was sent the code.
    #[schema(example = "+919876543210")]
    pub phone: String,
    /// The six digits of the newest message.
    #[schema(example = "042137")]
    pub code: String,
    /// Your password. It may be left out by whoever has signed in within ten minutes.
    pub password: Option<String>,
}
