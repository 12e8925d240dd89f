//! Every status that a route may answer with, and the headers that come with it.

use serde_json::{Map, Value, json};

/// Statuses of problems, their names among the components and what they mean.
const PROBLEMS: [(&str, &str, &str); 13] = [
    (
        "400",
        "Malformed",
        "The request cannot be read, or could be read in two ways",
    ),
    (
        "401",
        "Unauthenticated",
        "There is no token, or none that is good here",
    ),
    ("403", "Forbidden", "The token's role may not do this"),
    (
        "404",
        "NotFound",
        "There is no such thing, or it is not the caller's to see",
    ),
    ("408", "Late", "The body did not come in time"),
    (
        "409",
        "Conflict",
        "What is now does not allow this; the code says what is in the way",
    ),
    ("413", "TooLarge", "The body is too long"),
    ("415", "OtherMedia", "The body is not plain JSON"),
    (
        "422",
        "Invalid",
        "A field or parameter is missing, unknown or outside its bounds, or a key was used before",
    ),
    (
        "429",
        "Limited",
        "Too many requests of this address or caller",
    ),
    (
        "431",
        "LongHead",
        "Too many headers, or too long ones with the path",
    ),
    ("500", "Failure", "The server failed"),
    ("503", "Busy", "Not now; Retry-After says when"),
];

/// Adds the problems to every operation, and headers to every answer.
pub(super) fn add(document: &mut Value) {
    let components = &mut document["components"];
    components["headers"] = headers();
    components["responses"] = PROBLEMS
        .map(problem)
        .into_iter()
        .collect::<Map<_, _>>()
        .into();
    let paths = document["paths"].as_object_mut();
    for (route, item) in paths.into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            complete(operation, route, method);
        }
    }
}

fn complete(operation: &mut Value, route: &str, method: &str) {
    let has_body = operation.get("requestBody").is_some();
    let has_token = operation.get("security").is_some();
    let Some(answers) = operation["responses"].as_object_mut() else {
        return;
    };
    answers.remove("default");
    let may = |status: &str| match status {
        "401" => has_token || lets_in(route),
        "403" => has_token || lets_in(route) || ends_flow(route),
        // Whose token it is may have no account, and not every server knows a provider.
        "404" => route.contains('{') || has_token && needs_account(route) || is_of_provider(route),
        "408" | "413" | "415" => has_body,
        "409" => method != "get" || ends_flow(route),
        _ => true,
    };
    let has_tag = answers.contains_key("304");
    for (status, answer) in answers.iter_mut() {
        describe(answer, status, has_tag, (route, method));
    }
    for (status, name, _) in PROBLEMS.iter().filter(|(status, ..)| may(status)) {
        let reference = format!("#/components/responses/{name}");
        answers.insert((*status).to_owned(), json!({"$ref": reference}));
    }
}

/// Whether a route wants something else than a token to let somebody in.
fn lets_in(route: &str) -> bool {
    let all = ["/auth/login", "/auth/refresh", "/auth/otp/verify"];
    all.into_iter().any(|end| route.ends_with(end))
}

/// Whether a route belongs to signing in by a provider.
fn is_of_provider(route: &str) -> bool {
    route.ends_with("/auth/google") || ends_flow(route)
}

/// Whether a provider leads people there to be signed in.
fn ends_flow(route: &str) -> bool {
    route.ends_with("/auth/google/callback")
}

/// Whether a route is of use only to who has an account, which not every token has.
fn needs_account(route: &str) -> bool {
    let of_email = [
        "/auth/email/send",
        "/auth/email/change",
        "/auth/password/change",
        "/auth/phone/verify",
    ];
    let of_user = ["/users/me", "/users/me/export"];
    of_email
        .into_iter()
        .chain(of_user)
        .any(|end| route.ends_with(end))
}

/// Whether an answer gives a browser its refresh token, or takes it away.
fn sets_cookie(route: &str, method: &str) -> bool {
    let lets_in_or_out = [
        "/auth/register",
        "/auth/login",
        "/auth/otp/verify",
        "/auth/refresh",
        "/auth/logout",
    ];
    let ends_all = ["/auth/sessions", "/users/me"];
    lets_in_or_out.into_iter().any(|end| route.ends_with(end))
        || is_of_provider(route)
        || method == "delete" && ends_all.into_iter().any(|end| route.ends_with(end))
}

/// A success: what it is, and its headers.
fn describe(answer: &mut Value, status: &str, has_tag: bool, (route, method): (&str, &str)) {
    let mut names = vec!["X-Request-Id"];
    if has_tag {
        names.push("ETag");
    }
    if status == "201" || status == "303" {
        names.push("Location");
    }
    if method != "get" {
        names.push("Idempotent-Replayed");
    }
    if sets_cookie(route, method) {
        names.push("Set-Cookie");
    }
    answer["headers"] = referred(&names);
    if answer["description"]
        .as_str()
        .unwrap_or_default()
        .is_empty()
    {
        let description = match status {
            "201" => "Created",
            "202" => "Accepted: it is done later",
            _ => "Done",
        };
        answer["description"] = json!(if method == "get" {
            "Found"
        } else {
            description
        });
    }
}

fn referred(names: &[&str]) -> Value {
    let reference = |name: &&str| {
        let reference = format!("#/components/headers/{name}");
        ((*name).to_owned(), json!({"$ref": reference}))
    };
    names.iter().map(reference).collect::<Map<_, _>>().into()
}

fn problem((status, name, description): (&str, &str, &str)) -> (String, Value) {
    let mut headers = vec!["X-Request-Id"];
    match status {
        "401" => headers.push("WWW-Authenticate"),
        "429" | "503" => headers.push("Retry-After"),
        _ => {}
    }
    let schema = json!({"$ref": "#/components/schemas/ProblemDocument"});
    let answer = json!({
        "description": description,
        "headers": referred(&headers),
        "content": {"application/problem+json": {"schema": schema}},
    });
    (name.to_owned(), answer)
}

fn headers() -> Value {
    let text = json!({"type": "string"});
    json!({
        "X-Request-Id": {
            "description": "The request's id, the sender's own or one that was made",
            "required": true,
            "schema": {"type": "string", "minLength": 1, "maxLength": 128},
        },
        "ETag": {"description": "Send it as If-None-Match", "required": true, "schema": text},
        "Location": {"description": "Where it is", "required": true, "schema": text},
        "WWW-Authenticate": {"description": "Bearer", "required": true, "schema": text},
        "Retry-After": {
            "description": "Seconds to wait",
            "required": true,
            "schema": {"type": "integer", "minimum": 1},
        },
        "Set-Cookie": {
            "description": "The refresh token for browsers, what they carry while they sign in by a provider, or the end of either",
            "schema": text,
        },
        "Idempotent-Replayed": {
            "description": "true, when the same request was answered so before",
            "schema": {"type": "string", "enum": ["true"]},
        },
    })
}
