//! Bodies whose members are asked for one by one, so that all that is wrong is told at once.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequest, Request};
use serde_json::{Map, Value};

use super::body::{parse, read_small};
use super::gate::Gate;
use crate::http::problem::{self, Problem};
use crate::json::path;
use crate::wire::Faults;

/// A body that must be there.
#[derive(Debug)]
pub struct Fields {
    members: Map<String, Value>,
    known: Vec<&'static str>,
    faults: Faults,
}

/// A body that may be left out.
#[derive(Debug)]
pub struct OptionalFields(pub Fields);

/// A member that may be left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    Absent,
    Null,
    Text(String),
}

impl Given {
    /// The text, if there is one.
    pub fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Absent | Self::Null => None,
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields
where
    Arc<Gate>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Self::read(&read_small(request, state).await?)
    }
}

impl<S: Send + Sync> FromRequest<S> for OptionalFields
where
    Arc<Gate>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = read_small(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(Fields::of(Map::new())));
        }
        Fields::read(&bytes).map(Self)
    }
}

impl Fields {
    fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let body: Value = parse(bytes)?;
        if let Value::Object(members) = body {
            return Ok(Self::of(members));
        }
        let sent = kind(&body);
        let message = format!("must be an object, not {sent}");
        Err(Problem::invalid_body(message))
    }

    fn of(members: Map<String, Value>) -> Self {
        Self {
            members,
            known: Vec::new(),
            faults: Faults::default(),
        }
    }

    /// A text that must be there; empty when it is not, which [`finish`](Self::finish) tells.
    pub fn text(
        &mut self,
        name: &'static str,
        check: impl FnOnce(&str) -> Result<(), String>,
    ) -> String {
        match self.take(name) {
            None => self.faults.add(name, "is missing"),
            Some(value) => return self.checked(name, value, check).unwrap_or_default(),
        }
        String::new()
    }

    /// A text that may be left out, or be null.
    pub fn optional_text(
        &mut self,
        name: &'static str,
        check: impl FnOnce(&str) -> Result<(), String>,
    ) -> Given {
        match self.take(name) {
            None => Given::Absent,
            Some(Value::Null) => Given::Null,
            Some(value) => {
                let text = self.checked(name, value, check);
                text.map_or(Given::Absent, Given::Text)
            }
        }
    }

    /// What else is wrong with the members together.
    pub fn faults(&mut self) -> &mut Faults {
        &mut self.faults
    }

    /// Whether no member is there but those that were asked for, and each is what it must be.
    ///
    /// # Errors
    ///
    /// 422 with all that is wrong.
    pub fn finish(mut self) -> Result<(), Problem> {
        let known = self.known.join(", ");
        for name in self.members.keys() {
            let member = path::member("", name);
            let reason = match &*self.known {
                [] => "is not known here, where no member is".to_owned(),
                [only] => format!("is not known here; the one member is {only}"),
                _ => format!("is not known here; the members are {known}"),
            };
            self.faults.add(member, reason);
        }
        let faults = self.faults.into_vec();
        if faults.is_empty() {
            return Ok(());
        }
        Err(problem::of_faults(faults))
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.members.remove(name)
    }

    fn checked(
        &mut self,
        name: &'static str,
        value: Value,
        check: impl FnOnce(&str) -> Result<(), String>,
    ) -> Option<String> {
        let Value::String(text) = value else {
            let sent = kind(&value);
            self.faults.add(name, format!("must be text, not {sent}"));
            return None;
        };
        match check(&text) {
            Ok(()) => Some(text),
            Err(reason) => {
                self.faults.add(name, reason);
                None
            }
        }
    }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(true) => "true",
        Value::Bool(false) => "false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
