//! A client who has an answer already is told so with the headers that the answer itself would have.

use reqwest::Method;

use crate::support::{TestServer, editor, layout, layout_with};
use serde_json::json;

#[tokio::test]
async fn not_modified_says_of_an_answer_what_the_answer_says() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 60)])).await;
    let draft = server
        .showtime(&layout_with(&[("1", 60)], &json!({"status": "draft"})))
        .await;
    for path in [
        "/showtimes".to_owned(),
        format!("/showtimes/{id}"),
        format!("/showtimes/{id}/layout"),
        format!("/showtimes/{id}/seats"),
        format!("/showtimes/{id}/seats?section=A"),
        format!("/showtimes/{id}/availability"),
        format!("/showtimes/{draft}/layout"),
    ] {
        for (method, coding) in [
            (Method::GET, "identity"),
            (Method::GET, "gzip"),
            (Method::HEAD, "identity"),
            (Method::HEAD, "gzip"),
        ] {
            assert_same_headers(&server, &method, &path, coding).await;
        }
    }
}

async fn assert_same_headers(server: &TestServer, method: &Method, path: &str, coding: &str) {
    let ask = || {
        let asking = server.ask(method.clone(), path).by(&editor());
        asking.header("accept-encoding", coding)
    };
    let whole = ask().send().await;
    assert_eq!(whole.status, 200, "{path}: {}", whole.text);
    let tag = whole.header("etag");
    assert!(!tag.is_empty(), "{path}");
    let known = ask().header("if-none-match", tag).send().await;
    assert_eq!(
        (known.status, known.text.as_str()),
        (304, ""),
        "{method} {path}"
    );
    for name in [
        "etag",
        "cache-control",
        "vary",
        "expires",
        "content-location",
    ] {
        let said = (known.header(name), whole.header(name));
        assert_eq!(said.0, said.1, "{method} {path} {coding}: {name}");
    }
}

#[tokio::test]
async fn several_tags_may_be_known_in_one_header_or_in_several() {
    let server = TestServer::start().await;
    let id = server.showtime(&layout(&[("1", 4)])).await;
    let path = format!("/showtimes/{id}/layout");
    let tag = server.get(&path).send().await.header("etag").to_owned();
    let list = format!("\"x\", {tag}");
    assert_eq!(
        server
            .get(&path)
            .header("if-none-match", &list)
            .send()
            .await
            .status,
        304
    );
    let twice = server.get(&path).header("if-none-match", "\"x\"");
    assert_eq!(twice.header("if-none-match", &tag).send().await.status, 304);
}
