//! Failures as people read them.

use axum::response::Response;

use super::frame::{escaped, page};
use crate::http::problem::Problem;

/// Whether people read what is at this path.
pub fn is_read_at(path: &str) -> bool {
    path.starts_with("/account/")
}

/// Puts a page in place of the problem document that `response` is. Its status and headers stay.
pub fn show(problem: &Problem, request_id: &str, response: &mut Response) {
    let detail = escaped(problem.detail());
    let again = problem.retry_after().map_or_else(String::new, |after| {
        let seconds = after.as_secs() + 1;
        format!("<p>Try again in {seconds} seconds.</p>")
    });
    let id = escaped(request_id);
    let help = format!("<p>If you ask for help, quote <code>{id}</code>.</p>");
    let body = format!("<p class=\"wrong\">{detail}.</p>{again}{help}");
    let shown = page(problem.code().status(), problem.code().title(), &body);
    let (parts, body) = shown.into_parts();
    *response.body_mut() = body;
    response.headers_mut().extend(parts.headers);
}
