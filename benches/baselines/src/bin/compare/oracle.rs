//! Was anything sold twice? Asked of the buyers, who keep a ledger of what they were granted while
//! the run goes on, and afterwards of the database rather than of the server that is measured.

use baselines::check;
use loadtest::connection::{Connection, Request};
use loadtest::program::Program;
use loadtest::report::Report;
use loadtest::tokens::{self, Role};
use seating::ids::ShowtimeId;
use serde_json::Value;
use sqlx::Connection as _;
use uuid::Uuid;

use crate::stage::{Stage, StageError};
use crate::subject::Subject;

/// Seats of one purchase of a checkout.
const SEATS_PER_CHECKOUT: u64 = 2;

/// Everything that is wrong after a run.
pub(crate) async fn check(
    stage: &Stage,
    subject: Subject,
    server: &Program,
    showtime: Uuid,
    report: &Report,
) -> Result<Vec<String>, StageError> {
    let (sold, mut violations) = match subject {
        Subject::ParseOnly => return Ok(Vec::new()),
        Subject::Baseline(design, _) | Subject::FirstFree(design) => {
            let url = stage.url(subject);
            let found = check::check(&url, design, ShowtimeId::new(showtime)).await?;
            (found.sold, found.violations)
        }
        Subject::Fullhouse | Subject::FullhouseMemory => {
            let mut violations = audit(server, showtime).await?;
            let (sold, twice) = tickets(stage, subject, showtime).await?;
            violations.extend(twice);
            (sold, violations)
        }
    };
    let confirmed = report.confirmed_ever * SEATS_PER_CHECKOUT;
    let unknown = report.unknown();
    if report.double_sold > 0 {
        let doubles = report.double_sold;
        violations.push(format!(
            "{doubles} seats were granted while others had them"
        ));
    }
    if sold < confirmed || (sold > confirmed && unknown == 0) {
        violations.push(format!(
            "buyers were told of {confirmed} sold seats, the database has {sold}"
        ));
    }
    Ok(violations)
}

/// Transactions that the server tried again, if it counts them.
pub(crate) async fn retries(server: &Program) -> Option<u64> {
    let mut connection = Connection::new(server.ops());
    let request = Request {
        method: "GET",
        path: "/metrics",
        token: "",
        body: "",
    };
    let answer = connection.call(request).await.ok()?;
    let text = String::from_utf8_lossy(answer.body);
    let mut lines = text.lines();
    let counted = lines.find_map(|line| line.strip_prefix("baseline_retries_total "))?;
    counted.parse().ok()
}

/// The journal replayed and compared with everything that was derived from it.
async fn audit(server: &Program, showtime: Uuid) -> Result<Vec<String>, StageError> {
    let failed = |problem: String| StageError::Check {
        subject: "fullhouse".to_owned(),
        problem,
    };
    let token = tokens::mint(Uuid::new_v4(), Role::Editor).map_err(|e| failed(e.to_string()))?;
    let mut connection = Connection::new(server.http());
    let request = Request {
        method: "GET",
        path: &format!("/api/v1/showtimes/{showtime}/audit"),
        token: &token,
        body: "",
    };
    let answer = connection.call(request).await?;
    let said: Value = serde_json::from_slice(answer.body).map_err(|e| failed(e.to_string()))?;
    if said["data"]["consistent"] == Value::Bool(true) {
        return Ok(Vec::new());
    }
    Ok(vec![format!("the audit: {said}")])
}

/// How many tickets there are, and seats that have two.
async fn tickets(
    stage: &Stage,
    subject: Subject,
    showtime: Uuid,
) -> Result<(u64, Vec<String>), StageError> {
    let mut connection = stage.connect(subject).await?;
    let seats: Vec<(String, i64)> = sqlx::query_as(
        "select seat_id, count(*) from tickets
         where showtime_id = $1 and seat_id is not null group by seat_id",
    )
    .bind(showtime)
    .fetch_all(&mut connection)
    .await?;
    connection.close().await?;
    let twice = seats.iter().filter(|(_, tickets)| *tickets > 1);
    let twice = twice.map(|(seat, tickets)| format!("{seat} has {tickets} tickets"));
    Ok((seats.len() as u64, twice.collect()))
}
