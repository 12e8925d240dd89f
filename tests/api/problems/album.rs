//! Problem documents as a client reads them, each with what was asked, one page for each kind.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde_json::Value;
use uuid::Uuid;

use crate::support::{Asking, Reply};

/// Headers of an answer that say what to do.
const TELLING: [&str; 8] = [
    "content-type",
    "allow",
    "accept",
    "accept-encoding",
    "www-authenticate",
    "retry-after",
    "ratelimit",
    "connection",
];

/// What was asked and answered, by the code of the problem.
#[derive(Debug, Default)]
pub(crate) struct Album(BTreeMap<String, Vec<String>>);

impl Album {
    /// Asks, and keeps the problem that it must be answered with.
    pub(crate) async fn keep(&mut self, asking: Asking, status: u16, code: &str) {
        let asked = shown(&asking);
        let reply = asking.send().await;
        self.add(&asked, &reply, status, code);
    }

    /// Keeps an answer.
    pub(crate) fn add(&mut self, asked: &str, reply: &Reply, status: u16, code: &str) {
        let told = (reply.status, reply.body["code"].as_str());
        assert_eq!(told, (status, Some(code)), "{}", reply.text);
        let mut page = format!("{asked}\n\n{}\n", answered(reply.status, &reply.headers));
        page.push_str(&document(&reply.body));
        let pages = self.0.entry(code.to_owned()).or_default();
        pages.push(without_ids(&page));
    }

    /// Compares everything with what is kept in `tests/problems`.
    pub(crate) fn compare(self) {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../../problems");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| {
            for (code, pages) in self.0 {
                let name = code.to_lowercase().replace('_', "-");
                insta::assert_snapshot!(name, pages.join("\n\n----\n\n"));
            }
        });
    }
}

fn shown(asking: &Asking) -> String {
    let request = asking.request();
    let (url, body) = (request.url(), request.body());
    let mut text = format!("{} {}", request.method(), url.path());
    if let Some(query) = url.query() {
        let _written = write!(text, "?{query}");
    }
    for (name, value) in request.headers() {
        let value = String::from_utf8_lossy(value.as_bytes());
        // A valid one is as good as another.
        let value = match (name, value.matches('.').count()) {
            (&AUTHORIZATION, 2) => "Bearer [token]",
            _ => &value,
        };
        let _written = write!(text, "\n{name}: {value}");
    }
    if let Some(body) = body.and_then(reqwest::Body::as_bytes) {
        let body = String::from_utf8_lossy(body);
        let _written = write!(text, "\n\n{}", short(&body));
    }
    text
}

/// What is longer is shown by its beginning.
const SHOWN_CHARS: usize = 400;

fn short(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}... {} bytes in all", &text[..end], text.len()),
    }
}

fn answered(status: u16, headers: &HeaderMap) -> String {
    let status = StatusCode::from_u16(status).unwrap();
    let mut text = status.to_string();
    for name in TELLING {
        for value in headers.get_all(name) {
            let value = match name {
                "retry-after" => "[seconds]",
                _ => value.to_str().unwrap(),
            };
            let _written = write!(text, "\n{name}: {value}");
        }
    }
    text
}

fn document(body: &Value) -> String {
    let mut body = body.clone();
    body["request_id"] = "[request]".into();
    if body.get("retry_after_ms").is_some() {
        body["retry_after_ms"] = "[milliseconds]".into();
    }
    serde_json::to_string_pretty(&body).unwrap()
}

/// Ids are different every time.
fn without_ids(text: &str) -> String {
    const LENGTH: usize = 36;
    let mut shown = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let id = rest.get(..LENGTH).filter(|id| Uuid::try_parse(id).is_ok());
        if id.is_some() {
            shown.push_str("[id]");
            rest = &rest[LENGTH..];
        } else {
            shown.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    shown
}
