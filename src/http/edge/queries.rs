//! Which query parameters a route knows: those of its description, each once.
//!
//! An ignored parameter is a filter that does not work, and its sender would not notice. The description
//! is the list, so that no route can know another than it says.

use std::collections::HashMap;

use axum::http::Method;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::{OpenApi, PathItem, RefOr};

use crate::http::problem::Problem;

/// Routes to which other programs send people with parameters of their own, which are passed over (RFC 6749,
/// 4.1.2).
const OF_OTHERS: [&str; 1] = ["/api/v1/auth/google/callback"];

/// The parameters of every described route.
#[derive(Debug, Default)]
pub struct Queries(HashMap<String, Vec<(Method, Vec<String>)>>);

/// Characters of a name that are repeated to its sender.
const NAME_CHARS_MAX: usize = 64;

impl Queries {
    /// Those of a description.
    pub fn of(description: &OpenApi) -> Self {
        let paths = description.paths.paths.iter();
        Self(
            paths
                .map(|(path, item)| (path.clone(), methods(item)))
                .collect(),
        )
    }

    /// Why a query is not taken by a route, if it is not; `route` is the route's own template.
    pub(super) fn refusal(&self, route: &str, method: &Method, query: &str) -> Option<Problem> {
        let method = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        let methods = self.0.get(route)?;
        let (_, known) = methods.iter().find(|(described, _)| described == method)?;
        let mut seen = Vec::with_capacity(known.len());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decoded(name).unwrap_or_else(|| name.to_owned());
            let Some(known_name) = known.iter().find(|known| **known == name) else {
                if OF_OTHERS.contains(&route) {
                    continue;
                }
                let shown: String = name.chars().take(NAME_CHARS_MAX).collect();
                return Some(Problem::invalid_parameter(shown, unknown(known)));
            };
            if seen.contains(&known_name) {
                let message = "is given more than once; send it once";
                return Some(Problem::invalid_parameter(name, message));
            }
            if decoded(value).is_none_or(|value| value.chars().any(char::is_control)) {
                let message = "must be UTF-8 text without control characters";
                return Some(Problem::invalid_parameter(name, message));
            }
            seen.push(known_name);
        }
        None
    }
}

fn methods(item: &PathItem) -> Vec<(Method, Vec<String>)> {
    let described = [
        (Method::GET, &item.get),
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ];
    let known = |(method, operation): (Method, &Option<Operation>)| {
        operation
            .as_ref()
            .map(|operation| (method, parameters(operation)))
    };
    described.into_iter().filter_map(known).collect()
}

fn parameters(operation: &Operation) -> Vec<String> {
    let all = operation.parameters.iter().flatten();
    let query = |parameter: &RefOr<Parameter>| match parameter {
        RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query => {
            Some(parameter.name.clone())
        }
        // All of ours are described where they are taken.
        RefOr::T(_) | RefOr::Ref(_) => None,
    };
    all.filter_map(query).collect()
}

fn unknown(known: &[String]) -> String {
    let mut message = String::from("is not known here");
    match known {
        [] => message.push_str(", where no parameter is"),
        [only] => message.extend(["; the one parameter is ", only]),
        known => message.extend(["; the parameters are ", &known.join(", ")]),
    }
    message
}

/// A name or value of a query as text; nothing when it is none.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}
