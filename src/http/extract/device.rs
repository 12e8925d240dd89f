//! From where a request about an account comes, and with which device.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header;
use axum::http::request::Parts;

use super::gate::Gate;
use crate::accounts::Device;
use crate::http::door::{ClientAddress, Sender};
use crate::http::problem::Problem;

/// The device of somebody who has a token.
#[derive(Clone, Debug)]
pub struct AskedFrom(pub Device);

/// The device of somebody who has none yet: their address is charged, because what they ask for costs
/// the server more than other answers.
#[derive(Clone, Debug)]
pub struct Newcomer(pub Device);

impl<S: Send + Sync> FromRequestParts<S> for AskedFrom {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(Self(device(parts)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Newcomer
where
    Arc<Gate>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let device = device(parts);
        let gate = Arc::<Gate>::from_ref(state);
        gate.charge_for_auth(ClientAddress::of(device.address))?;
        Ok(Self(device))
    }
}

fn device(parts: &Parts) -> Device {
    let sender = parts.extensions.get::<Sender>();
    let user_agent = parts.headers.get(header::USER_AGENT);
    let user_agent = user_agent.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    Device {
        // Every connection of ours has a peer; a router that is driven without one has nobody's.
        address: sender.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Sender(it)| it.ip()),
        user_agent: user_agent.unwrap_or_default(),
    }
}
