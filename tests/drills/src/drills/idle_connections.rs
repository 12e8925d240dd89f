//! Ten thousand connections that were used once and stay open: what each costs, and that buyers
//! are served all the same, also when all places are taken.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use loadtest::connection::{Connection, Request};
use loadtest::program::Program;
use tokio::sync::watch;
use tokio::time::timeout;

use super::Drill;
use crate::api::{Api, editor};
use crate::crowd::Crowd;
use crate::error::DrillError;
use crate::options::Options;
use crate::process::{allow_files, connections_open, memory_kb};
use crate::stage::Stage;
use crate::summary::Summary;

pub(super) const DRILL: Drill = Drill {
    name: "idle_connections",
    about: "10,000 keep-alive connections that nobody uses",
    run: |options| Box::pin(play(options)),
};

const HOUSE: (u32, u32) = (50, 100);
/// Places that the idle ones leave.
const PLACES_LEFT: usize = 64;
/// An idle connection may cost so much of the server's memory.
const KB_PER_CONNECTION_MAX: u64 = 64;
/// For an answer, on a machine that is busy; a connection gives up a little later.
const LONG: Duration = Duration::from_secs(25);

/// A question that costs the server little.
#[derive(Clone, Debug)]
struct Look {
    path: String,
    token: String,
}

async fn play(options: Options) -> Result<Summary, DrillError> {
    let count = if options.quick() { 2_000 } else { 10_000 };
    let permitted = allow_files(count as u64 + 2_000);
    if !permitted {
        return Ok(Summary::not_run("there may not be as many open files"));
    }
    let stage = Stage::build().await?;
    let launch = stage.launch.clone();
    let launch = launch
        .env("FULLHOUSE_CONNECTIONS_MAX", (count + PLACES_LEFT).to_string())
        // Idle connections are what this is about, so they are not cut off.
        .env("FULLHOUSE_HEADER_TIMEOUT_MS", "600000")
        .env("FULLHOUSE_IDLE_TIMEOUT_MS", "600000")
        // Nor is anybody refused because the machine stands still for a moment.
        .env("FULLHOUSE_CALL_TIMEOUT_MS", "14000");
    let server = launch.start().await?;
    let address = watch::Sender::new(server.http());
    let api = Api::open_house(address.subscribe(), HOUSE.0, HOUSE.1).await?;
    let look = Look {
        path: format!("/api/v1/showtimes/{}/availability", api.showtime()),
        token: editor()?,
    };
    let before_kb = memory_kb(server.pid()).await?;
    let mut idle = open_idle(server.http(), count, &look).await?;
    let with_kb = memory_kb(server.pid()).await?;
    let mut summary = Summary::default();
    summary.count("idle connections", idle.len() as u64);
    let bytes_each = with_kb.saturating_sub(before_kb) * 1_024 / count as u64;
    summary.count("bytes of memory for each", bytes_each);
    summary.demand(bytes_each < KB_PER_CONNECTION_MAX * 1_024, || {
        format!("an idle connection costs {bytes_each} bytes")
    });
    let buyers = Crowd {
        server: server.http(),
        showtime: api.showtime(),
        house: HOUSE,
        connections: PLACES_LEFT / 2,
        rate: None,
        half_heed: false,
        length: options.seconds(3, 10),
        seed: options.seed(),
    };
    let told = buyers.visit().await?;
    summary.count("holds beside them", told.granted);
    let wrong = told.strange + told.refused;
    summary.demand(told.granted > 0 && wrong == 0, || format!("{told:?}"));
    // It has a connection too.
    drop(api);
    beyond_the_limit(&server, &look, &mut idle, &mut summary).await?;
    drop(idle);
    server.terminate().await?;
    stage.judge(&mut summary).await?;
    Ok(summary)
}

impl Look {
    /// Asks; the status of the answer.
    async fn over(&self, connection: &mut Connection) -> io::Result<u16> {
        let request = Request {
            method: "GET",
            path: &self.path,
            token: &self.token,
            body: "",
        };
        Ok(connection.call(request).await?.status)
    }
}

/// Connections that have asked once, which makes the server keep whatever it keeps for each.
async fn open_idle(
    server: SocketAddr,
    count: usize,
    look: &Look,
) -> Result<Vec<Connection>, DrillError> {
    let mut idle = Vec::with_capacity(count);
    for _ in 0..count {
        let mut connection = Connection::new(server);
        let status = look.over(&mut connection).await?;
        if status != 200 {
            return Err(DrillError::Unexpected(format!("a look was told {status}")));
        }
        idle.push(connection);
    }
    Ok(idle)
}

/// Takes every place and more: whoever comes then is served all the same, in the place of one that
/// nobody uses, and there are never more connections than the server takes.
async fn beyond_the_limit(
    server: &Program,
    look: &Look,
    idle: &mut Vec<Connection>,
    summary: &mut Summary,
) -> Result<(), DrillError> {
    let places = idle.len() + PLACES_LEFT;
    for _ in 0..2 * PLACES_LEFT {
        let mut connection = Connection::new(server.http());
        let told = timeout(LONG, look.over(&mut connection)).await;
        let fine = told.is_ok_and(|told| told.is_ok_and(|status| status == 200));
        summary.demand(fine, || "whoever came late was not served".to_owned());
        idle.push(connection);
    }
    let open = connections_open(server.ops()).await?;
    summary.count("connections at the limit", open);
    summary.demand(open == places as u64, || {
        format!("{open} connections are open, and the server takes {places}")
    });
    Ok(())
}
