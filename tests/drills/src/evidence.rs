//! What can be found out afterwards without asking any buyer.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::api::{self, Api, Reply, text};
use crate::error::DrillError;
use crate::history::{Action, Answer, History, MapView, Outcome};
use crate::stage::Stage;

/// Everything that is stored about a showtime, and what the server says of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    /// The decoded journal.
    pub(crate) journal: Vec<Entry>,
    pub(crate) view: MapView,
    /// What the server says of holds that were acknowledged.
    pub(crate) holds: BTreeMap<Uuid, String>,
    pub(crate) tickets: Vec<TicketRow>,
    pub(crate) bookings: Vec<BookingRow>,
    /// What the audit route says differs; it must agree with its own verdict.
    pub(crate) differences: Vec<String>,
}

/// One decision at its place.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Entry {
    pub(crate) seq: u64,
    pub(crate) at: String,
    #[serde(flatten)]
    pub(crate) decision: Decision,
}

/// What happened; only what drills bring about.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Decision {
    Opened,
    Held {
        hold_id: Uuid,
        buyer_id: Uuid,
        seats: Vec<String>,
        expires_at: String,
    },
    Extended {
        hold_id: Uuid,
        expires_at: String,
    },
    Released {
        hold_id: Uuid,
    },
    Confirmed {
        booking_id: Uuid,
        hold_id: Uuid,
        seats: Vec<String>,
        /// Its tickets, in the order of the seats.
        ticket_ids: Vec<Uuid>,
    },
    Expired {
        hold_ids: Vec<Uuid>,
    },
    /// Anything that no drill asks for.
    #[serde(other)]
    Unexpected,
}

/// A row of `tickets`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TicketRow {
    pub(crate) id: Uuid,
    pub(crate) booking_id: Uuid,
    pub(crate) seat_id: Option<String>,
    /// Whether it admits.
    pub(crate) live: bool,
}

/// A row of `bookings`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct BookingRow {
    pub(crate) id: Uuid,
    pub(crate) hold_id: Uuid,
    /// Where it is in its life.
    pub(crate) state: String,
}

const TICKETS: &str = "select id, booking_id, seat_id, live from tickets where showtime_id = $1";
const BOOKINGS: &str = "select id, hold_id, state from bookings where showtime_id = $1";

/// What the server says of a hold that it does not know.
pub(crate) const NOTHING: &str = "nothing";

/// Requests at once while the holds are asked for.
const ASKED_AT_ONCE: usize = 8;

impl Evidence {
    /// Gathers it while nobody is buying.
    pub(crate) async fn gather(
        stage: &Stage,
        api: &Api,
        history: &History,
    ) -> Result<Self, DrillError> {
        let holds = holds(api, history).await?;
        let map = api.read("/seats").await?;
        let unreadable = || DrillError::Unexpected(format!("not a seat map: {map}"));
        let view = api::view(&map).ok_or_else(unreadable)?;
        let (showtime, sql) = (api.showtime(), stage.cluster.sql());
        let tickets = rows(sql.rows(TICKETS, showtime).await?)?;
        let bookings = rows(sql.rows(BOOKINGS, showtime).await?)?;
        let audit = api.read("/audit").await?;
        let differences = audit["differences"].as_array().cloned();
        let differences = differences.unwrap_or_default().into_iter();
        let mut differences: Vec<String> = differences.map(|it| it.to_string()).collect();
        if audit["consistent"] != true && differences.is_empty() {
            differences.push("inconsistent, without saying why".to_owned());
        }
        // Last, so that it reaches at least as far as everything else.
        let journal = rows(stage.journal(showtime).await?)?;
        Ok(Self {
            journal,
            view,
            holds,
            tickets,
            bookings,
            differences,
        })
    }
}

/// What the server says of every hold that it has ever acknowledged.
async fn holds(api: &Api, history: &History) -> Result<BTreeMap<Uuid, String>, DrillError> {
    let acknowledged = history.operations.iter().filter_map(|operation| {
        let Action::Hold { .. } = &operation.action else {
            return None;
        };
        match &operation.outcome {
            Outcome::Ok(Answer::Held { hold, .. }) => Some(*hold),
            Outcome::Ok(_) | Outcome::Refused(_) | Outcome::Unknown { .. } => None,
        }
    });
    let acknowledged: Vec<Uuid> = acknowledged.collect();
    let mut said = BTreeMap::new();
    for some in acknowledged.chunks(ASKED_AT_ONCE) {
        let asked = some.iter().map(|&hold| status(api.clone(), hold));
        said.extend(try_join_all(asked).await?);
    }
    Ok(said)
}

async fn status(api: Api, hold: Uuid) -> Result<(Uuid, String), DrillError> {
    let ask = api.ask(Method::GET, format!("/holds/{hold}"), None);
    let said = match api.send(&ask).await {
        Reply::Answered(200, body) => text(&body["data"]["status"]).to_owned(),
        Reply::Answered(404, _) => NOTHING.to_owned(),
        reply @ (Reply::Answered(..) | Reply::NeverSent | Reply::Lost(_)) => {
            return Err(DrillError::Unexpected(format!("hold {hold}: {reply:?}")));
        }
    };
    Ok((hold, said))
}

fn rows<T: for<'de> Deserialize<'de>>(rows: Vec<Value>) -> Result<Vec<T>, DrillError> {
    let rows = rows.into_iter().map(serde_json::from_value);
    Ok(rows.collect::<Result<_, _>>()?)
}
