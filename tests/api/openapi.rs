//! The API's description.

use fullhouse::http::openapi;
use reqwest::Method;
use serde_json::Value;

use crate::support::TestServer;

#[test]
fn the_committed_description_is_the_programs_own() {
    let committed = include_str!("../../openapi.json");
    let current = openapi::document_text().unwrap();
    assert!(
        committed == current,
        "run: cargo run -- openapi > openapi.json"
    );
}

#[tokio::test]
async fn the_description_and_its_page_are_served() {
    let server = TestServer::start().await;
    let reply = server.get("/openapi.json").send().await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body["openapi"], "3.1.0");
    let page = server.ask_at(Method::GET, "/docs/").send().await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("swagger"), "{}", page.text);
    assert!(page.header("content-security-policy").contains("'self'"));
    let script = server
        .ask_at(Method::GET, "/docs/swagger-ui-bundle.js")
        .send()
        .await;
    assert_eq!(script.status, 200, "the page's assets are in the program");
}

/// Every route that is described answers something better than "no such route".
#[tokio::test]
async fn every_described_route_exists() {
    let server = TestServer::start().await;
    let description: Value = serde_json::from_str(&openapi::document_text().unwrap()).unwrap();
    for (path, item) in description["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else {
                continue;
            };
            let path = path.replace("{id}", "x").replace("{hold_id}", "y");
            let reply = server.ask_at(method.clone(), &path).send().await;
            let nothing = reply.body["detail"] == "there is nothing at this address";
            assert!(
                !nothing && reply.status != 405,
                "{method} {path}: {}",
                reply.text
            );
        }
    }
}
