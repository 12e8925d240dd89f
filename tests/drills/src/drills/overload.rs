//! Twice as many holds as the server can take: it must go on selling at its own pace, refuse the
//! rest at once with a hint, and not grow.

use std::time::Duration;

use loadtest::program::Program;
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Drill, DrillError};
use crate::api::Api;
use crate::crowd::{Crowd, Told};
use crate::options::Options;
use crate::process::{memory_kb, refusals_of};
use crate::stage::Stage;
use crate::summary::Summary;

pub(super) const DRILL: Drill = Drill {
    name: "overload",
    about: "twice as many holds per second as the server can take",
    run: |options| Box::pin(play(options)),
};

const HOUSE: (u32, u32) = (500, 100);
/// How many are let in, and how many commands of the showtime may be under way at once.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// Connections that measure the capacity: enough to keep the journal's batches full.
    closed: usize,
    /// Many more than the server takes in at once, so that a queue could grow.
    open: usize,
    in_flight_max: &'static str,
}

const BOUNDS: Bounds = Bounds {
    closed: 512,
    open: 2_500,
    in_flight_max: "1024",
};
/// A bounded run has to find refusals on any machine, however slow its clients are.
const BOUNDS_QUICK: Bounds = Bounds {
    closed: 128,
    in_flight_max: "256",
    ..BOUNDS
};
/// Tries to offer too much, each with twice as much as the one before.
const TRIES_MAX: u32 = 4;
/// Memory that an overload may cost, beside what the server had after its busiest.
const GROWTH_KB_MAX: u64 = 128 * 1_024;
/// Of the capacity, in percent, on a machine that has cores to spare for the clients.
const GOODPUT_PERCENT_MIN: u64 = 80;
/// The same where clients and server share the cores: what the clients burn is missing.
const GOODPUT_PERCENT_MIN_SHARED: u64 = 50;
/// Cores from which on the clients have some of their own.
const CORES_TO_SPARE: usize = 4;
/// Requests of a hundred that may fail on the clients' side of so many connections.
const UNREACHED_PERCENT_MAX: u64 = 1;

/// An overload and what came of it.
#[derive(Debug)]
struct Pressed {
    offered: u64,
    seconds: u64,
    told: Told,
    before_kb: u64,
    peak_kb: u64,
    /// Answers with 5xx by the server's own count, and how many of them within 5 ms.
    refused: u64,
    fast: u64,
}

async fn play(options: Options) -> Result<Summary, DrillError> {
    let bounds = if options.quick() {
        BOUNDS_QUICK
    } else {
        BOUNDS
    };
    let stage = Stage::build().await?;
    let launch = stage.launch.clone();
    let launch = launch.env("FULLHOUSE_SHOWTIME_IN_FLIGHT_MAX", bounds.in_flight_max);
    let server = launch.start().await?;
    let address = watch::Sender::new(server.http());
    let api = Api::open_house(address.subscribe(), HOUSE.0, HOUSE.1).await?;
    let crowd = Crowd {
        server: server.http(),
        showtime: api.showtime(),
        house: HOUSE,
        connections: bounds.closed,
        rate: None,
        length: options.seconds(4, 15).min(Duration::from_secs(30)),
        seed: options.seed(),
    };
    // The first run warms everything up; the second is the measure.
    crowd.visit().await?;
    let capacity = crowd.visit().await?.granted / crowd.length.as_secs().max(1);
    let mut summary = Summary::default();
    summary.count("capacity per second", capacity);
    let crowd = Crowd {
        connections: bounds.open,
        length: options.seconds(8, 60),
        ..crowd
    };
    let pressed = press(crowd, capacity, &server).await?;
    judge(&pressed, &mut summary);
    if !options.quick() {
        judge_pace(&pressed, capacity, &mut summary)?;
    }
    server.terminate().await?;
    stage.judge(&mut summary).await?;
    Ok(summary)
}

/// Offers twice the capacity, and more when that was not too much: one short look at the capacity
/// may have been an unlucky one.
async fn press(crowd: Crowd, capacity: u64, server: &Program) -> Result<Pressed, DrillError> {
    let mut offered = capacity.max(1) * 2;
    for _ in 1..TRIES_MAX {
        let pressed = offer(crowd, offered, server).await?;
        if pressed.told.refused > 0 {
            return Ok(pressed);
        }
        offered *= 2;
    }
    offer(crowd, offered, server).await
}

async fn offer(crowd: Crowd, offered: u64, server: &Program) -> Result<Pressed, DrillError> {
    let crowd = Crowd {
        rate: Some(offered),
        ..crowd
    };
    let before_kb = memory_kb(server.pid()).await?;
    let (refused_before, fast_before) = refusals_of(server.ops()).await?;
    let (told, peak_kb) = tokio::join!(crowd.visit(), peak_kb(server, crowd.length));
    let (refused, fast) = refusals_of(server.ops()).await?;
    Ok(Pressed {
        offered,
        seconds: crowd.length.as_secs().max(1),
        told: told?,
        before_kb,
        peak_kb: peak_kb?,
        refused: refused - refused_before,
        fast: fast - fast_before,
    })
}

/// What must hold on any machine.
fn judge(pressed: &Pressed, summary: &mut Summary) {
    let Pressed { told, refused, .. } = pressed;
    summary.count("offered per second", pressed.offered);
    summary.count("goodput per second", told.granted / pressed.seconds);
    count(told, summary);
    summary.count("5xx by the server's own count", *refused);
    summary.count("of these within 5 ms", pressed.fast);
    summary.count("memory before in kB", pressed.before_kb);
    summary.count("memory at its peak in kB", pressed.peak_kb);
    summary.demand(told.granted > 0, || "nothing was granted".to_owned());
    summary.demand(told.refused > 0, || "nothing was refused".to_owned());
    // Otherwise the server's figures are of something else.
    summary.demand(*refused >= told.refused, || {
        let heard = told.refused;
        format!("the server counts {refused} refusals, and its clients were told {heard}")
    });
    summary.demand(told.without_retry_after == 0, || {
        format!("{} refusals without Retry-After", told.without_retry_after)
    });
    summary.demand(told.strange == 0, || format!("strange: {:?}", told.example));
    let asked = told.granted + told.taken + told.refused + told.unreached;
    let unreached_max = asked * UNREACHED_PERCENT_MAX / 100;
    summary.demand(told.unreached <= unreached_max, || {
        let (unreached, example) = (told.unreached, &told.example);
        format!("{unreached} of {asked} requests reached nobody: {example:?}")
    });
    let grown_kb = pressed.peak_kb.saturating_sub(pressed.before_kb);
    summary.demand(grown_kb < GROWTH_KB_MAX, || {
        format!("memory grew by {grown_kb} kB")
    });
}

/// What a machine that does nothing else can be asked for, over a time that evens luck out.
fn judge_pace(pressed: &Pressed, capacity: u64, summary: &mut Summary) -> Result<(), DrillError> {
    let cores = std::thread::available_parallelism()?.get();
    let percent_min = if cores < CORES_TO_SPARE {
        GOODPUT_PERCENT_MIN_SHARED
    } else {
        GOODPUT_PERCENT_MIN
    };
    let percent = pressed.told.granted / pressed.seconds * 100 / capacity.max(1);
    summary.count("goodput percent of capacity", percent);
    summary.demand(percent >= percent_min, || {
        format!("the goodput is {percent} % of the capacity")
    });
    // As a share, because on a shared machine any one answer may wait for a core.
    let Pressed { refused, fast, .. } = pressed;
    summary.demand(fast * 100 >= refused * 95, || {
        format!("only {fast} of {refused} refusals were answered within 5 ms")
    });
    Ok(())
}

fn count(told: &Told, summary: &mut Summary) {
    summary.count("granted", told.granted);
    summary.count("refused with 503", told.refused);
    summary.count("seat taken", told.taken);
    summary.count("never asked", told.unserved);
    summary.count("reached nobody", told.unreached);
    summary.count("refusal p50 in us", told.refusal_p50_us());
}

/// The most memory that the server has in use in this time.
async fn peak_kb(server: &Program, length: Duration) -> Result<u64, DrillError> {
    let ends = Instant::now() + length;
    let mut peak = 0;
    while Instant::now() < ends {
        peak = peak.max(memory_kb(server.pid()).await?);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(peak)
}
