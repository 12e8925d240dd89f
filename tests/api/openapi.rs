//! The API's description.

use std::collections::BTreeSet;

use fullhouse::http::openapi;
use reqwest::Method;
use seating::entry::EntryKind;
use serde_json::Value;

use crate::support::TestServer;

#[test]
fn the_committed_description_is_the_programs_own() {
    let committed = include_str!("../../openapi.json");
    let current = openapi::document_text().unwrap();
    assert!(committed == current, "run: script/bless");
}

/// Clients make types of them, and know nothing of how ours are called.
#[test]
fn schemas_have_names_for_clients() {
    let description = description();
    let schemas = description["components"]["schemas"].as_object().unwrap();
    let ours: Vec<&String> = schemas
        .keys()
        .filter(|name| name.ends_with("View") || name.ends_with("Body"))
        .collect();
    assert!(ours.is_empty(), "{ours:?}");
}

/// An entry is called the same in the journal's pages as in read models, logs and the drills.
#[test]
fn entries_are_described_by_the_names_of_their_kinds() {
    let description = description();
    let forms = description["components"]["schemas"]["JournalDecision"]["oneOf"].as_array();
    let described: Vec<&str> = forms.unwrap().iter().map(kind_of_form).collect();
    let kinds: Vec<&str> = EntryKind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(described, kinds);
}

/// The one word that the form's `kind` may be; a form whose members are elsewhere has it in its last part.
fn kind_of_form(form: &Value) -> &str {
    let parts = form["allOf"].as_array();
    let own = parts.and_then(|parts| parts.last()).unwrap_or(form);
    let words = own["properties"]["kind"]["enum"].as_array().unwrap();
    assert_eq!(words.len(), 1, "{form}");
    words[0].as_str().unwrap()
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
    let description = description();
    for (path, item) in description["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else {
                continue;
            };
            let path = path.replace("{id}", "x").replace("{hold_id}", "y");
            let reply = server.ask_at(method.clone(), &path).send().await;
            let said = reply.body["detail"].as_str().unwrap_or_default();
            let nothing = said.starts_with("there is nothing at this address");
            assert!(
                !nothing && reply.status != 405,
                "{method} {path}: {}",
                reply.text
            );
        }
    }
}

fn description() -> Value {
    serde_json::from_str(&openapi::document_text().unwrap()).unwrap()
}

/// Every operation with its path and method.
fn operations(description: &Value) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            found.push((format!("{method} {path}"), operation));
        }
    }
    assert!(found.len() >= 20, "the operations were not found");
    found
}

#[test]
fn links_lead_to_operations_that_take_what_they_carry() {
    let description = description();
    let operations = operations(&description);
    let ids: BTreeSet<&str> = operations
        .iter()
        .map(|(_, operation)| operation["operationId"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), operations.len(), "an id is a duplicate");
    // That of a handler without one is the name of its function.
    let given = |id: &&str| id.contains(char::is_uppercase);
    assert!(ids.iter().all(given), "an id was not given: {ids:?}");
    let mut carried = BTreeSet::new();
    for (name, operation) in &operations {
        let answers = operation["responses"].as_object().unwrap().values();
        let links = answers.filter_map(|answer| answer["links"].as_object());
        for link in links.flat_map(|links| links.values()) {
            let target = link["operationId"].as_str().unwrap();
            let taker = operations
                .iter()
                .find(|(_, it)| it["operationId"] == target);
            let (_, taker) = taker.unwrap();
            for parameter in link["parameters"].as_object().unwrap().keys() {
                let mut known = taker["parameters"].as_array().unwrap().iter();
                assert!(known.any(|it| it["name"] == *parameter), "{name}: {link}");
                carried.insert(parameter.clone());
            }
        }
    }
    assert_eq!(
        carried,
        ["booking_id", "hold_id", "id"].map(str::to_owned).into()
    );
}

#[test]
fn every_status_is_described_and_every_failure_is_a_problem_document() {
    let description = description();
    for (name, operation) in operations(&description) {
        let answers = operation["responses"].as_object().unwrap();
        assert!(!answers.contains_key("default"), "{name}");
        for always in ["400", "422", "429", "431", "500", "503"] {
            assert!(answers.contains_key(always), "{name} {always}");
        }
        let with_body = operation.get("requestBody").is_some();
        let with_token = operation.get("security").is_some();
        let lets_in = ["/auth/login", "/auth/refresh", "/auth/otp/verify"];
        let lets_in = lets_in.map(|route| name.ends_with(route));
        let unauthenticated = with_token || lets_in.contains(&true);
        for (status, expected) in [("415", with_body), ("401", unauthenticated)] {
            assert_eq!(answers.contains_key(status), expected, "{name} {status}");
        }
        for (status, answer) in answers {
            let reference = answer["$ref"].as_str().map(|it| it.trim_start_matches('#'));
            let answer = reference.map_or(answer, |it| description.pointer(it).unwrap());
            assert!(
                !answer["description"].as_str().unwrap().is_empty(),
                "{name} {status}"
            );
            let problem = answer["content"].get("application/problem+json").is_some();
            assert_eq!(problem, status.starts_with(['4', '5']), "{name} {status}");
        }
    }
}

/// Whatever is sent has a bound, or one of a few values, or a form.
#[test]
fn every_value_of_a_request_has_its_bounds() {
    let description = description();
    let mut values = Vec::new();
    for (name, operation) in operations(&description) {
        let body = operation.pointer("/requestBody/content/application~1json/schema");
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        values.extend(body.map(|schema| (name.clone(), schema)));
        values.extend(parameters.map(|it| (format!("{name} {}", it["name"]), &it["schema"])));
    }
    let mut seen = BTreeSet::new();
    while let Some((name, schema)) = values.pop() {
        if let Some(reference) = schema["$ref"].as_str()
            && seen.insert(reference.to_owned())
        {
            let schema = description.pointer(reference.trim_start_matches('#'));
            values.push((reference.to_owned(), schema.unwrap()));
        }
        let is = |kind: &str| {
            let types = &schema["type"];
            *types == kind
                || types
                    .as_array()
                    .is_some_and(|all| all.iter().any(|it| it == kind))
        };
        let has = |bound: &str| schema.get(bound).is_some();
        let has_form = has("enum") || has("pattern") || has("format");
        assert!(
            !is("string") || has("maxLength") || has_form,
            "{name}: {schema}"
        );
        assert!(
            !is("integer") || (has("minimum") && has("maximum")),
            "{name}: {schema}"
        );
        // Alternatives narrow a list that is described beside them.
        let narrows = has("minItems") && !has("items");
        assert!(
            !is("array") || narrows || (has("maxItems") && has("items")),
            "{name}: {schema}"
        );
        for (member, schema) in schema["properties"].as_object().into_iter().flatten() {
            values.push((format!("{name}.{member}"), schema));
        }
        let inner = ["items", "additionalProperties", "propertyNames"];
        let inner = inner.iter().filter_map(|inner| schema.get(*inner));
        let choices = schema["oneOf"].as_array().into_iter().flatten();
        let named = choices.filter(|choice| !choice["title"].is_string());
        values.extend(
            inner
                .chain(named)
                .map(|schema| (format!("{name}[]"), schema)),
        );
    }
    assert!(seen.len() > 10, "{seen:?}");
}
