//! Failures as people read them.

use axum::http::StatusCode;
use axum::response::Response;

use super::frame::{escaped, page};
use crate::http::problem::Problem;

/// Whether people read what is at this path.
pub fn is_read_at(path: &str) -> bool {
    path.starts_with("/account/")
}

/// What happened, for somebody who pressed a button. Problem documents speak to programs.
fn sentence(status: StatusCode) -> &'static str {
    match status.as_u16() {
        404 => "There is no page at this address. Open the link of the mail as it is.",
        405 | 415 => "This page is opened by the link of a mail, and used by its button.",
        413 => "That is more than this page takes.",
        429 => "There were too many attempts from where you are. Nothing was changed.",
        408 | 503 => "We are busy. It may have been done: open the link of the mail again to see.",
        400..500 => "Something of what was sent is not right. Open the link of the mail again.",
        _ => {
            "Something went wrong on our side. Open the link of the mail again to see whether it was done."
        }
    }
}

/// Puts a page in place of the problem document that `response` is. Its status and headers stay.
pub fn show(problem: &Problem, request_id: &str, response: &mut Response) {
    let what = sentence(problem.code().status());
    let again = problem.retry_after().map_or_else(String::new, |after| {
        let seconds = after.as_secs() + 1;
        format!("<p>Try again in {seconds} seconds.</p>")
    });
    let id = escaped(request_id);
    let help = format!("<p>If you ask for help, quote <code>{id}</code>.</p>");
    let body = format!("<p class=\"wrong\">{what}</p>{again}{help}");
    let shown = page(problem.code().status(), problem.code().title(), &body);
    let (parts, body) = shown.into_parts();
    *response.body_mut() = body;
    response.headers_mut().extend(parts.headers);
}
