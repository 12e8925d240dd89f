//! Query parameters: those that a route knows, each once, and nothing that is passed over.

use reqwest::Method;

use crate::support::{TestServer, buyer, editor, layout};

/// A route, whether it exists for staff alone, and the parameters it knows.
const ROUTES: [(&str, &str, &str); 16] = [
    ("GET", "", "page, limit"),
    ("POST", "", ""),
    ("POST", "/import-plan", ""),
    ("GET", "/ID", ""),
    ("PATCH", "/ID", ""),
    ("GET", "/ID/layout", ""),
    ("GET", "/ID/seats", "since_seq, section, status"),
    ("HEAD", "/ID/availability", ""),
    ("GET", "/ID/holds", "buyer, cursor, limit"),
    ("POST", "/ID/holds", ""),
    ("DELETE", "/ID/holds/ID", ""),
    ("POST", "/ID/holds/ID/confirm", ""),
    ("POST", "/ID/block", ""),
    ("GET", "/ID/bookings", "cursor, limit"),
    ("GET", "/ID/journal", "after_seq, limit"),
    ("GET", "/ID/audit", ""),
];

#[tokio::test]
async fn unknown_parameters_are_refused_on_every_route() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    for (method, path, known) in ROUTES {
        let path = format!("/showtimes{}?sektion=A", path.replace("ID", &id));
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let reply = server.ask(method.clone(), &path).by(&editor()).send().await;
        assert_eq!(reply.status, 422, "{method} {path}: {}", reply.text);
        if method == Method::HEAD {
            continue;
        }
        reply.assert_invalid("sektion");
        let error = &reply.body["errors"][0];
        assert!(error.get("pointer").is_none(), "{error}");
        let message = error["message"].as_str().unwrap();
        let named = match known {
            "" => message.ends_with("where no parameter is"),
            known => message.ends_with(&format!("the parameters are {known}")),
        };
        assert!(named, "{method} {path}: {message}");
    }
    let booking = format!("/bookings/{id}?x");
    let reply = server.get(&booking).by(&buyer()).send().await;
    reply.assert_invalid("x");
    assert_eq!(server.seq(&id).await, 1);
}

#[tokio::test]
async fn a_parameter_has_one_value_that_is_text() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let seats = format!("/showtimes/{id}/seats");
    let refused = [
        ("section=A&section=A", "section"),
        ("section=A&s%65ction=A", "section"),
        ("section=%FF", "section"),
        ("section=A%00", "section"),
        ("section=%0D%0Ax", "section"),
        ("section=%", "section"),
        ("section=%+1", "section"),
        ("%FF=A", "%FF"),
        ("=A", ""),
        ("since_seq=%2B1", "since_seq"),
        ("since_seq=1.0", "since_seq"),
        ("since_seq=", "since_seq"),
    ];
    for (query, field) in refused {
        let reply = server.get(&format!("{seats}?{query}")).send().await;
        reply.assert_invalid(field);
    }
    for query in [
        "",
        "&",
        "section=A",
        "se%63tion=%41&since_seq=0&&status=AVAILABLE",
    ] {
        let reply = server.get(&format!("{seats}?{query}")).send().await;
        assert_eq!(reply.status, 200, "{query}: {}", reply.text);
    }
    let long = "x".repeat(10_000);
    let reply = server.get(&format!("{seats}?{long}=1")).send().await;
    reply.assert_problem(422, "VALIDATION_FAILED");
    assert!(
        reply.text.len() < 2_000,
        "a problem repeats little of what was sent"
    );
}

#[tokio::test]
async fn bytes_in_a_path_that_are_no_text_name_nothing() {
    let server = TestServer::start().await;
    for path in [
        "/api/v1/showtimes/%FF",
        "/api/v1/showtimes/%00",
        "/api/v1/showtimes/%0D%0A/seats",
        "/api/v1/showtimes/%E2%80%AE/layout",
        "/api/v1/showtimes/%FF/availability",
        "/problems/%FF",
        "/problems/%00",
        "/%FF",
    ] {
        let reply = server.ask_at(Method::GET, path).send().await;
        assert!(matches!(reply.status, 400 | 404), "{path}: {}", reply.text);
        assert_eq!(reply.header("content-type"), "application/problem+json");
        assert!(!reply.text.contains('\u{202e}'), "{}", reply.text);
    }
}
