//! The bounds of what is sent about accounts.

use serde_json::{Value, json};

use super::{Bound, calendar, text};
use crate::accounts::{
    CODE_DIGITS, EMAIL_BYTES_MAX, EMAIL_PATTERN, NAME_BYTES_MAX, PASSWORD_CHARS_MAX,
    PASSWORD_CHARS_MIN, PHONE_PATTERN, RETURN_BYTES_MAX, RETURN_PATTERN, TOKEN_CHARS_MAX,
};
use crate::http::auth::CODE_BYTES_MAX;

/// Bodies that are read member by member, which no derived attribute says anything of.
const BODIES: [&str; 15] = [
    "RegisterRequest",
    "LoginRequest",
    "RefreshRequest",
    "TokenRequest",
    "EmailRequest",
    "NewEmailRequest",
    "ResetRequest",
    "ChangePasswordRequest",
    "ProfileRequest",
    "PasswordRequest",
    "RoleRequest",
    "ApiKeyRequest",
    "PhoneRequest",
    "CodeRequest",
    "ProvePhoneRequest",
];

/// What an account may be.
pub(super) const ROLES: [&str; 3] = ["USER", "EDITOR", "SUPER_ADMIN"];

fn email() -> Value {
    json!({"maxLength": EMAIL_BYTES_MAX, "pattern": EMAIL_PATTERN})
}

fn new_password() -> Value {
    json!({"format": "password", "minLength": PASSWORD_CHARS_MIN, "maxLength": PASSWORD_CHARS_MAX})
}

fn old_password() -> Value {
    json!({"format": "password", "minLength": 1, "maxLength": PASSWORD_CHARS_MAX})
}

fn token() -> Value {
    json!({"minLength": 1, "maxLength": TOKEN_CHARS_MAX})
}

/// The schema of a parameter of signing in by a provider. What a provider sends is bounded as a whole.
pub(super) fn parameter(name: &str) -> Option<Value> {
    Some(match name {
        "return_to" => json!({
            "type": "string", "minLength": 1, "maxLength": RETURN_BYTES_MAX, "pattern": RETURN_PATTERN,
        }),
        "code" => json!({"type": "string", "maxLength": CODE_BYTES_MAX}),
        "state" | "error" | "iss" => json!({"type": "string", "maxLength": PROVIDER_TEXT_MAX}),
        _ => return None,
    })
}

/// Characters of what else a provider sends; beyond it nothing of it can be right.
const PROVIDER_TEXT_MAX: usize = 2_048;

fn code() -> Value {
    json!({"minLength": CODE_DIGITS, "maxLength": CODE_DIGITS, "pattern": "^[0-9]*$"})
}

pub(super) fn accounts() -> Vec<Bound> {
    let name = text(1, NAME_BYTES_MAX);
    let mut kept_name = name.clone();
    kept_name["type"] = json!("string");
    let phone = json!({"pattern": PHONE_PATTERN});
    let role = json!({"enum": ROLES});
    let closed = BODIES.map(|body| (body, json!({"additionalProperties": false})));
    let mut bounds = closed.to_vec();
    bounds.extend([
        ("ApiKeyRequest/properties/name", name.clone()),
        ("ApiKeyRequest/properties/role", role.clone()),
        ("ApiKeyRequest/properties/expires_at", calendar()),
        ("RegisterRequest/properties/name", name),
        ("RegisterRequest/properties/email", email()),
        ("RegisterRequest/properties/password", new_password()),
        ("RegisterRequest/properties/phone", phone.clone()),
        ("LoginRequest/properties/email", email()),
        ("LoginRequest/properties/password", old_password()),
        ("RefreshRequest/properties/refresh_token", token()),
        ("TokenRequest/properties/token", token()),
        ("EmailRequest/properties/email", email()),
        ("NewEmailRequest/properties/email", email()),
        ("NewEmailRequest/properties/password", old_password()),
        ("ResetRequest/properties/token", token()),
        ("ResetRequest/properties/password", new_password()),
        (
            "ChangePasswordRequest/properties/old_password",
            old_password(),
        ),
        (
            "ChangePasswordRequest/properties/new_password",
            new_password(),
        ),
        ("PhoneRequest/properties/phone", phone.clone()),
        ("CodeRequest/properties/phone", phone.clone()),
        ("CodeRequest/properties/code", code()),
        ("CodeRequest/properties/name", text(1, NAME_BYTES_MAX)),
        ("ProvePhoneRequest/properties/phone", phone.clone()),
        ("ProvePhoneRequest/properties/code", code()),
        ("ProvePhoneRequest/properties/password", old_password()),
        ("ProfileRequest/properties/name", kept_name),
        ("ProfileRequest/properties/phone", phone),
        ("PasswordRequest/properties/password", old_password()),
        ("RoleRequest/properties/role", role),
    ]);
    bounds
}
