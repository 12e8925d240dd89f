//! Confirming an address, and choosing a new password.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::frame::{escaped, page};
use crate::accounts::{self, Refusal};
use crate::http::auth::of_refusal;
use crate::http::extract::{Newcomer, Pressing};
use crate::http::problem::Problem;
use crate::http::state::App;

/// What stands in a link.
#[derive(Debug, Default, Deserialize)]
pub(super) struct LinkQuery {
    #[serde(default)]
    token: String,
}

/// What a form sends.
#[derive(Deserialize)]
pub(super) struct PasswordForm {
    #[serde(default)]
    token: String,
    #[serde(default)]
    password: String,
}

/// Asks whether the address is to be confirmed.
pub(super) async fn verify(Query(link): Query<LinkQuery>) -> Response {
    let token = escaped(&link.token);
    let body = format!(
        "<p>Press the button to confirm that the address to which the mail went is yours.</p>\n\
         <form method=\"post\"><input type=\"hidden\" name=\"token\" value=\"{token}\">\
         <button>Confirm</button></form>"
    );
    page(StatusCode::OK, "Confirm your email address", &body)
}

/// Confirms it.
pub(super) async fn verified(
    State(app): State<App>,
    _newcomer: Newcomer,
    Pressing(asker): Pressing,
    Form(link): Form<LinkQuery>,
) -> Result<Response, Problem> {
    match app.desk().verify_email(&link.token, &asker).await {
        Ok(_) => Ok(page(
            StatusCode::OK,
            "Thank you",
            "<p>Your email address is confirmed. You can close this page.</p>",
        )),
        Err(Refusal::Invalid(_)) => Ok(page(
            StatusCode::UNPROCESSABLE_ENTITY,
            "This link is not good any more",
            "<p class=\"wrong\">It was used before, is older than 24 hours, or is not whole. Sign in and ask for another.</p>",
        )),
        Err(Refusal::EmailTaken) => Ok(page(
            StatusCode::CONFLICT,
            "This address has another account",
            "<p class=\"wrong\">Somebody registered with it in the meantime. Nothing was changed.</p>",
        )),
        Err(other) => Err(of_refusal(other)),
    }
}

/// Asks for a new password.
pub(super) async fn reset(Query(link): Query<LinkQuery>) -> Response {
    page(
        StatusCode::OK,
        "Choose a new password",
        &password_form(&link.token, ""),
    )
}

/// Replaces the forgotten one.
pub(super) async fn replaced(
    State(app): State<App>,
    Newcomer(device): Newcomer,
    Pressing(asker): Pressing,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Problem> {
    if let Err(reason) = accounts::new_password(&form.password) {
        let wrong = format!("<p class=\"wrong\">The password {}.</p>", escaped(&reason));
        let body = password_form(&form.token, &wrong);
        return Ok(page(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Choose a new password",
            &body,
        ));
    }
    match app
        .desk()
        .reset_password((&form.token, form.password.into()), &asker, &device)
        .await
    {
        Ok(_) => Ok(page(
            StatusCode::OK,
            "Your password is changed",
            "<p>Every device is signed out. Sign in with the new password.</p>",
        )),
        Err(Refusal::Invalid(_) | Refusal::KeyReused) => Ok(page(
            StatusCode::UNPROCESSABLE_ENTITY,
            "This link is not good any more",
            "<p class=\"wrong\">It was used before, is older than 30 minutes, or is not whole. Ask for another.</p>",
        )),
        Err(other) => Err(of_refusal(other)),
    }
}

fn password_form(token: &str, wrong: &str) -> String {
    let (min, max) = (accounts::PASSWORD_CHARS_MIN, accounts::PASSWORD_CHARS_MAX);
    let token = escaped(token);
    format!(
        "{wrong}<form method=\"post\"><input type=\"hidden\" name=\"token\" value=\"{token}\">\
         <label for=\"password\">New password</label>\
         <input id=\"password\" name=\"password\" type=\"password\" required minlength=\"{min}\" \
         maxlength=\"{max}\" autocomplete=\"new-password\" aria-describedby=\"rule\">\
         <p id=\"rule\">From {min} to {max} characters, and none of those that everybody tries first.</p>\
         <button>Change it</button></form>"
    )
}
