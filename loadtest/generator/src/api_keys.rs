//! Keys of programs, for runs whose buyers have those instead of tokens.

use std::net::SocketAddr;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::connection::{Connection, Request};
use crate::layout::LayoutError;
use crate::tokens::{self, Role};

/// Has the server make so many keys, each a buyer of its own.
///
/// # Errors
///
/// When the server does not make one.
pub async fn make(address: SocketAddr, count: usize) -> Result<Vec<String>, LayoutError> {
    let token = tokens::mint(Uuid::new_v4(), Role::SuperAdmin)?;
    let mut connection = Connection::new(address);
    let mut keys = Vec::with_capacity(count);
    for number in 0..count {
        let body = json!({"name": format!("buyer {number}"), "role": "USER"});
        let request = Request {
            method: "POST",
            path: "/api/v1/api-keys",
            token: &token,
            body: &body.to_string(),
        };
        let answer = connection.call(request).await?;
        let said: Value = serde_json::from_slice(answer.body).unwrap_or_default();
        let key = said["data"]["key"].as_str();
        let refused = || LayoutError::Refused {
            status: answer.status,
            body: String::from_utf8_lossy(answer.body).into_owned(),
        };
        keys.push(key.ok_or_else(refused)?.to_owned());
    }
    Ok(keys)
}
