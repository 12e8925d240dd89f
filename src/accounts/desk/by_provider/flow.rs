//! A sign-in by a provider from its beginning to its end, without a row.
//!
//! The browser carries the flow, sealed. What goes to the provider is derived from it with the server's
//! key, so whoever gets hold of the cookie knows neither the nonce nor the verifier.

use seating::timestamp::Timestamp;

use super::super::Desk;
use crate::accounts::rules::RETURN_BYTES_MAX;
use crate::accounts::seals::Purpose;

/// Seconds that somebody has for the provider's page.
pub const FLOW_SECONDS: u32 = 600;

/// Clocks of two processes may differ by this much.
const LEEWAY_SECONDS: u32 = 60;

const ID_BYTES: usize = 16;
const HEAD_BYTES: usize = ID_BYTES + 8;

/// A sign-in by a provider that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    id: [u8; ID_BYTES],
    /// In microseconds of Unix time.
    began_at: i64,
    /// The path of this site where it ends; none when it is a program's.
    pub return_to: Option<String>,
}

/// What of a flow the provider gets to see.
#[derive(Clone)]
pub struct FlowSecrets {
    /// Goes through the browser.
    pub state: String,
    /// Stands in the ID token.
    pub nonce: String,
    /// Comes with the code; only its digest goes through the browser.
    pub verifier: String,
}

impl Desk {
    /// A flow that begins now.
    pub fn begin_flow(&self, return_to: Option<String>) -> Flow {
        Flow {
            id: rand::random(),
            began_at: self.now().unix_micros(),
            return_to,
        }
    }

    /// A flow as the browser carries it.
    pub fn carried(&self, flow: &Flow) -> String {
        self.0.seals.seal(Purpose::Flow, &flow.payload())
    }

    /// The flow that a browser carries, if it is one of ours that is not too old.
    pub fn resume_flow(&self, carried: &str) -> Option<Flow> {
        let bytes_max = HEAD_BYTES + RETURN_BYTES_MAX;
        let payload = self.0.seals.open_up_to(bytes_max, Purpose::Flow, carried)?;
        let flow = Flow::read(&payload)?;
        flow.is_current(self.now()).then_some(flow)
    }

    /// What of a flow the provider gets to see.
    pub fn flow_secrets(&self, flow: &Flow) -> FlowSecrets {
        let derived = |purpose| self.0.seals.derived(purpose, &flow.payload());
        FlowSecrets {
            state: derived(Purpose::FlowState),
            nonce: derived(Purpose::FlowNonce),
            verifier: derived(Purpose::FlowVerifier),
        }
    }

    /// Whether this is the state with which a flow went to the provider.
    pub fn is_state_of(&self, flow: &Flow, state: &str) -> bool {
        let payload = flow.payload();
        self.0.seals.is_derived(Purpose::FlowState, &payload, state)
    }
}

impl Flow {
    pub(super) const fn id(&self) -> &[u8] {
        &self.id
    }

    fn payload(&self) -> Vec<u8> {
        let return_to = self.return_to.as_deref().unwrap_or_default();
        let parts = [
            &self.id[..],
            &self.began_at.to_be_bytes(),
            return_to.as_bytes(),
        ];
        parts.concat()
    }

    fn read(payload: &[u8]) -> Option<Self> {
        let (id, rest) = payload.split_first_chunk::<ID_BYTES>()?;
        let (began_at, return_to) = rest.split_first_chunk::<8>()?;
        let return_to = str::from_utf8(return_to).ok()?;
        Some(Self {
            id: *id,
            began_at: i64::from_be_bytes(*began_at),
            return_to: (!return_to.is_empty()).then(|| return_to.to_owned()),
        })
    }

    fn is_current(&self, now: Timestamp) -> bool {
        let began_at = Timestamp::from_unix_micros(self.began_at);
        now < began_at.plus_seconds(FLOW_SECONDS) && began_at <= now.plus_seconds(LEEWAY_SECONDS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGAN: i64 = 1_800_000_000;

    fn flow(return_to: Option<&str>) -> Flow {
        Flow {
            id: [7; 16],
            began_at: BEGAN * 1_000_000,
            return_to: return_to.map(str::to_owned),
        }
    }

    #[test]
    fn a_flow_is_read_as_it_was_written() {
        for flow in [flow(None), flow(Some("/account?tab=orders"))] {
            assert_eq!(Flow::read(&flow.payload()), Some(flow));
        }
        assert_eq!(Flow::read(&[7; 23]), None);
    }

    #[test]
    fn a_flow_is_good_for_ten_minutes() {
        let current = |seconds: i64| {
            let now = Timestamp::from_unix_seconds(BEGAN + seconds);
            flow(None).is_current(now)
        };
        assert_eq!(
            [-61, -60, 0, 599, 600].map(current),
            [false, true, true, true, false]
        );
    }
}
