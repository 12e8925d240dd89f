//! What can be found out afterwards without asking any buyer.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::api::{self, Api, Reply, text};
use crate::error::DrillError;
use crate::history::{Action, Answer, History, Outcome, Picture};
use crate::stage::Stage;

/// Everything that is stored about a showtime, and what the server says of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    /// The decoded journal.
    pub(crate) journal: Vec<Entry>,
    /// The seat map.
    pub(crate) picture: Picture,
    /// What the server says of holds that were acknowledged.
    pub(crate) holds: BTreeMap<Uuid, String>,
    /// The read model of tickets.
    pub(crate) tickets: Vec<TicketRow>,
    /// The read model of bookings.
    pub(crate) bookings: Vec<BookingRow>,
    /// What the audit route says differs; it must agree with its own verdict.
    pub(crate) differences: Vec<String>,
}

/// One event at its place.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Entry {
    /// Its number.
    pub(crate) seq: u64,
    /// When it was decided.
    pub(crate) at: String,
    /// What happened.
    #[serde(flatten)]
    pub(crate) event: Event,
}

/// What happened; only what drills bring about.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Event {
    /// The sale began.
    Opened,
    /// Seats were set aside.
    Held {
        /// The hold.
        hold_id: Uuid,
        /// For whom.
        buyer_id: Uuid,
        /// Which.
        seats: Vec<String>,
        /// Until when.
        expires_at: String,
    },
    /// A hold's deadline was moved.
    Extended {
        /// The hold.
        hold_id: Uuid,
        /// Until when.
        expires_at: String,
    },
    /// A hold was given back.
    Released {
        /// The hold.
        hold_id: Uuid,
    },
    /// A hold was sold.
    Confirmed {
        /// The booking.
        booking_id: Uuid,
        /// The hold.
        hold_id: Uuid,
        /// Its seats.
        seats: Vec<String>,
        /// Its tickets, in the order of the seats.
        ticket_ids: Vec<Uuid>,
    },
    /// Deadlines had come.
    Expired {
        /// The holds.
        hold_ids: Vec<Uuid>,
    },
    /// Anything that no drill asks for.
    #[serde(other)]
    Uncalled,
}

/// A row of `tickets`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TicketRow {
    /// The ticket.
    pub(crate) id: Uuid,
    /// Its booking.
    pub(crate) booking_id: Uuid,
    /// Its seat.
    pub(crate) seat_id: Option<String>,
    /// Whether it admits.
    pub(crate) live: bool,
}

/// A row of `bookings`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct BookingRow {
    /// The booking.
    pub(crate) id: Uuid,
    /// The hold it came from.
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
        let picture = api::picture(&map).ok_or_else(unreadable)?;
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
            picture,
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
