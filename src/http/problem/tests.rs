//! Problems that need a fault of the server, as their reader sees them, kept in `tests/problems`;
//! those that can be asked for are kept there by `tests/api/problems.rs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use actors::error::CallError;
use axum::body::to_bytes;
use axum::http::header;
use axum::response::IntoResponse;
use persistence::error::StoreError;
use seating::rejection::Rejection;
use serde_json::Value;
use testkit::layouts::TestLayout;
use uuid::Uuid;

use super::{Code, Problem, of_call_error, of_store};

/// Kinds of what is not sold yet: the contract names them, and nothing answers with them.
const TO_COME: [Code; 4] = [
    Code::IdempotencyKeyRequired,
    Code::PaymentFailed,
    Code::RequestInProgress,
    Code::SignatureInvalid,
];

const SOON: Duration = Duration::from_secs(1);

/// What an owner or the tables may fail with.
fn failures() -> Vec<(String, Problem)> {
    let retry_after = SOON;
    let calls = [
        CallError::Overloaded { retry_after },
        CallError::JournalUnavailable { retry_after },
        CallError::OwnerRestarted,
        CallError::GaveUp { retry_after },
        CallError::Starting { retry_after },
        CallError::TooManyShowtimes { retry_after },
        CallError::WrongClock { ahead_ms: 12_345 },
        CallError::Deposed,
        CallError::TimedOut,
        CallError::ShuttingDown,
        CallError::Rejected(Rejection::HoldPinned),
        CallError::Rejected(Rejection::BookingState { state: "cancelled" }),
        CallError::Rejected(Rejection::IdInUse(Uuid::nil())),
    ];
    let table = StoreError::RowsAffected {
        expected: 1,
        actual: 0,
    };
    let layout = TestLayout::of_rows(&[4]).build();
    let of_call = |error: &CallError| (format!("{error:?}"), of_call_error(error, Some(&layout)));
    let mut failures: Vec<_> = calls.iter().map(of_call).collect();
    failures.push((format!("{table:?}"), of_store(&table)));
    failures
}

#[tokio::test]
async fn failures_say_what_to_do() {
    let mut album: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (cause, problem) in failures() {
        let code = problem.code();
        let page = format!("when {cause}\n\n{}", shown(&problem).await);
        album.entry(code.slug()).or_default().push(page);
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(kept());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (slug, pages) in album {
            insta::assert_snapshot!(slug, pages.join("\n\n----\n\n"));
        }
    });
}

#[test]
fn every_kind_of_problem_is_kept() {
    for &code in Code::ALL {
        let page = kept().join(format!("{}.snap", code.slug()));
        assert_eq!(
            page.exists(),
            !TO_COME.contains(&code),
            "{}",
            page.display()
        );
    }
}

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/problems")
}

async fn shown(problem: &Problem) -> String {
    let mut response = ().into_response();
    problem.write(&mut response, "/api/v1/showtimes/[id]/holds", "[request]");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let mut body: Value = serde_json::from_slice(&body).unwrap();
    let mut lines = vec![parts.status.to_string()];
    if parts.headers.contains_key(header::RETRY_AFTER) {
        lines.push("retry-after: [seconds]".to_owned());
        body["retry_after_ms"] = "[milliseconds]".into();
    }
    lines.push(serde_json::to_string_pretty(&body).unwrap());
    lines.join("\n")
}

/// The table of API.md has every kind, and says of which ones nothing sends them yet; so does the
/// page of each.
#[test]
fn kinds_that_nothing_sends_are_marked() {
    let api = include_str!("../../../docs/API.md");
    for &code in Code::ALL {
        let to_come = TO_COME.contains(&code);
        let name = code.as_str();
        assert!(
            api.contains(&format!("`{name}`")),
            "{name} is not in API.md"
        );
        assert_eq!(
            api.contains(&format!("`{name}`†")),
            to_come,
            "{name} in API.md"
        );
        assert_eq!(
            code.about().starts_with("Nothing sends this yet. "),
            to_come,
            "{name}"
        );
    }
}
