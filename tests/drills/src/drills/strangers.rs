//! Strangers with sockets: each kind by itself, and all at once, beside a few honest buyers.
//!
//! None of them has anything but an address, and one kind a buyer's token. Whatever they do, the
//! server has to go on answering those who watch it, keep its memory, serve the buyers at about
//! their usual pace, and have every place back once the strangers are gone.

mod crowds;
mod streams;
mod watch;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use loadtest::program::{Launch, Program};
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use super::Drill;
use crate::api::{self, Api};
use crate::crowd::{Crowd, Told};
use crate::error::DrillError;
use crate::options::Options;
use crate::process::{allow_files, connections_open, requests_active};
use crate::stage::Stage;
use crate::summary::Summary;
use watch::{Watch, Watched};

pub(super) const DRILL: Drill = Drill {
    name: "strangers",
    about: "silent sockets, unread answers, crawlers and floods beside sixteen honest buyers",
    run: |options| Box::pin(play(options)),
};

/// Rows and seats of a row: a house whose map has megabytes.
const HOUSE: (u32, u32) = (180, 100);
/// Connections that the server takes.
const PLACES: usize = 2_000;
const BUYERS: usize = 16;
/// Cold showtimes for crawlers.
const COLD: u32 = 10_000;
const COLD_QUICK: u32 = 1_000;
/// Memory that strangers may cost.
const GROWTH_KB_MAX: u64 = 256 * 1_024;
/// An honest buyer's p99, by the server's own measure, against the same without strangers.
const P99_TIMES_MAX: u64 = 5;
/// For the places to come back once the strangers are gone.
const GONE_WITHIN: Duration = Duration::from_mins(1);

/// What strangers know.
#[derive(Debug)]
struct Target {
    server: SocketAddr,
    /// The showtime that everybody wants.
    showtime: Uuid,
    /// An entry of it from before the sale.
    old_seq: u64,
    /// Showtimes that nobody wants.
    cold: Vec<Uuid>,
    /// A buyer's token.
    token: String,
}

/// A kind of stranger.
struct Kind {
    name: &'static str,
    /// How many there are.
    count: usize,
    be: fn(Arc<Target>, usize) -> streams::Being,
}

const KINDS: [Kind; 9] = [
    // All places, half of them with an HTTP/2 preface.
    Kind {
        name: "silent sockets",
        count: PLACES,
        be: streams::silent,
    },
    Kind {
        name: "zero windows",
        count: 50,
        be: streams::zero_window,
    },
    Kind {
        name: "drip readers",
        count: 100,
        be: streams::drip_reader,
    },
    Kind {
        name: "unread bodies",
        count: 100,
        be: streams::unread_body,
    },
    Kind {
        name: "since_seq crowds",
        count: 64,
        be: crowds::since_seq,
    },
    Kind {
        name: "crawlers",
        count: 16,
        be: crowds::crawler,
    },
    Kind {
        name: "list pages",
        count: 16,
        be: crowds::list_pages,
    },
    Kind {
        name: "name floods",
        count: 4,
        be: crowds::name_flood,
    },
    Kind {
        name: "made-up ids",
        count: 16,
        be: crowds::made_up,
    },
];

async fn play(options: Options) -> Result<Summary, DrillError> {
    if !allow_files(3 * PLACES as u64) {
        return Ok(Summary::not_run("there may not be as many open files"));
    }
    let stage = Stage::build().await?;
    let server = launch(&stage).start().await?;
    let address = tokio::sync::watch::Sender::new(server.http());
    let api = Api::open_house(address.subscribe(), HOUSE.0, HOUSE.1).await?;
    let cold = if options.quick() { COLD_QUICK } else { COLD };
    let cold = stage
        .cluster
        .sql()
        .copy_showtime(api.showtime(), cold)
        .await?;
    let buyers = Crowd {
        server: server.http(),
        showtime: api.showtime(),
        house: HOUSE,
        connections: BUYERS,
        rate: None,
        half_heed: false,
        length: options.seconds(4, 20),
        seed: options.seed(),
    };
    buyers.visit().await?;
    let (alone, told) = Watch::over(&server, buyers.visit()).await?;
    told?;
    let mut summary = Summary::default();
    summary.count("p99 without strangers in us", alone.p99_us);
    let target = Arc::new(Target {
        server: server.http(),
        showtime: api.showtime(),
        old_seq: 1,
        cold,
        token: api::buyer(Uuid::new_v4())?,
    });
    for kinds in KINDS.chunks(1).chain([KINDS.as_slice()]) {
        let name = match kinds {
            [only] => only.name,
            _ => "all at once",
        };
        let beside = Watch::over(&server, beside(kinds, &target, buyers));
        let (beside, told) = beside.await?;
        let told = told?;
        summary.demand(
            told.granted > 0 && told.strange + told.unreached == 0,
            || format!("{name}: buyers were told {told:?}"),
        );
        judge(name, &alone, &beside, &mut summary);
        judge_pace(name, &alone, &beside, &options, &mut summary);
        all_gone(name, &server, &mut summary).await?;
    }
    drop(api);
    server.terminate().await?;
    stage.judge(&mut summary).await?;
    Ok(summary)
}

/// What buyers are told while strangers of these kinds are there.
async fn beside(kinds: &[Kind], target: &Arc<Target>, buyers: Crowd) -> Result<Told, DrillError> {
    let strangers = let_in(kinds, target);
    // They take their places first.
    tokio::time::sleep(SETTLING).await;
    let told = buyers.visit().await;
    drop(strangers);
    told
}

fn launch(stage: &Stage) -> Launch {
    let settings = [
        ("FULLHOUSE_HEADER_TIMEOUT_MS", "5000"),
        ("FULLHOUSE_IDLE_TIMEOUT_MS", "10000"),
        ("FULLHOUSE_REQUEST_TIMEOUT_MS", "8000"),
        ("FULLHOUSE_CALL_TIMEOUT_MS", "7000"),
    ];
    let launch = stage.launch.clone();
    let launch = launch.env("FULLHOUSE_CONNECTIONS_MAX", PLACES.to_string());
    // Short, so that the drill sees them run out.
    settings
        .into_iter()
        .fold(launch, |launch, (name, value)| launch.env(name, value))
}

/// How long strangers are alone with the server.
const SETTLING: Duration = Duration::from_secs(1);

/// Strangers of these kinds, who go on until they are dropped.
fn let_in(kinds: &[Kind], target: &Arc<Target>) -> JoinSet<()> {
    let mut strangers = JoinSet::new();
    for kind in kinds {
        for number in 0..kind.count {
            let being = (kind.be)(Arc::clone(target), number);
            strangers.spawn(being);
        }
    }
    strangers
}

fn judge(name: &'static str, alone: &Watched, beside: &Watched, summary: &mut Summary) {
    summary.count(format!("{name}: p99 in us"), beside.p99_us);
    summary.count(format!("{name}: memory at its peak in kB"), beside.peak_kb);
    summary.demand(beside.unanswered.is_empty(), || {
        format!("{name}: watchers were told {:?}", beside.unanswered)
    });
    let grown_kb = beside.peak_kb.saturating_sub(alone.peak_kb);
    summary.demand(grown_kb < GROWTH_KB_MAX, || {
        format!("{name}: memory grew by {grown_kb} kB")
    });
}

/// Seconds on a machine whose other work nobody knows judge nothing.
fn judge_pace(
    name: &'static str,
    alone: &Watched,
    beside: &Watched,
    options: &Options,
    summary: &mut Summary,
) {
    let (p99, usual) = (beside.p99_us, alone.p99_us);
    summary.demand(options.quick() || p99 <= P99_TIMES_MAX * usual, || {
        format!("{name}: the buyers' p99 is {p99} us, and {usual} us without strangers")
    });
}

/// Every place that the strangers took comes back.
async fn all_gone(
    name: &'static str,
    server: &Program,
    summary: &mut Summary,
) -> Result<(), DrillError> {
    let ends = Instant::now() + GONE_WITHIN;
    loop {
        let open = connections_open(server.ops()).await?;
        let active = requests_active(server.ops()).await?;
        // The drill's own client may keep a few.
        if open <= OWN_CONNECTIONS && active == 0 {
            return Ok(());
        }
        if Instant::now() > ends {
            summary.violate(format!(
                "{name}: {open} connections and {active} requests are left"
            ));
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

const OWN_CONNECTIONS: u64 = 4;
