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
/// Enough to keep the journal's batches full.
const CONNECTIONS_CLOSED: usize = 512;
/// Many more than the server takes in at once, so that a queue could grow.
const CONNECTIONS_OPEN: usize = 2_500;
/// Commands of the showtime under way at once.
const IN_FLIGHT_MAX: &str = "1024";
/// Memory that an overload may cost, beside what the server had after its busiest.
const GROWTH_KB_MAX: u64 = 128 * 1_024;
/// Of the capacity, in percent, on a machine that has cores to spare for the clients.
const GOODPUT_PERCENT_MIN: u64 = 80;
/// The same where clients and server share the cores: what the clients burn is missing.
const GOODPUT_PERCENT_MIN_SHARED: u64 = 50;
/// The same for a bounded run, perhaps beside other work: it must not collapse.
const GOODPUT_PERCENT_MIN_QUICK: u64 = 20;
/// Cores from which on the clients have some of their own.
const CORES_TO_SPARE: usize = 4;

async fn play(options: Options) -> Result<Summary, DrillError> {
    let stage = Stage::build().await?;
    let launch = stage.launch.clone();
    let launch = launch.env("FULLHOUSE_SHOWTIME_IN_FLIGHT_MAX", IN_FLIGHT_MAX);
    let server = launch.start().await?;
    let address = watch::Sender::new(server.http());
    let api = Api::open_house(address.subscribe(), HOUSE.0, HOUSE.1).await?;
    let crowd = Crowd {
        server: server.http(),
        showtime: api.showtime(),
        house: HOUSE,
        connections: CONNECTIONS_CLOSED,
        rate: None,
        length: options.seconds(4, 15).min(Duration::from_secs(30)),
        seed: options.seed(),
    };
    // The first run warms everything up; the second is the measure.
    crowd.visit().await?;
    let capacity = crowd.visit().await?.granted / crowd.length.as_secs().max(1);
    let overload = Crowd {
        connections: CONNECTIONS_OPEN,
        rate: Some(capacity * 2),
        length: options.seconds(8, 60),
        ..crowd
    };
    let mut summary = Summary::default();
    summary.count("capacity per second", capacity);
    let cores = std::thread::available_parallelism()?.get();
    let percent_min = if options.quick() {
        GOODPUT_PERCENT_MIN_QUICK
    } else if cores < CORES_TO_SPARE {
        GOODPUT_PERCENT_MIN_SHARED
    } else {
        GOODPUT_PERCENT_MIN
    };
    press(overload, (capacity, percent_min), &server, &mut summary).await?;
    server.terminate().await?;
    stage.judge(&mut summary).await?;
    Ok(summary)
}

async fn press(
    crowd: Crowd,
    (capacity, percent_min): (u64, u64),
    server: &Program,
    summary: &mut Summary,
) -> Result<(), DrillError> {
    let before_kb = memory_kb(server.pid()).await?;
    let (refused_before, fast_before) = refusals_of(server.ops()).await?;
    let (told, peak_kb) = tokio::join!(crowd.visit(), peak_kb(server, crowd.length));
    let (mut told, peak_kb) = (told?, peak_kb?);
    let (refused, fast) = refusals_of(server.ops()).await?;
    let (refused, fast) = (refused - refused_before, fast - fast_before);
    let goodput = told.granted / crowd.length.as_secs().max(1);
    let percent = goodput * 100 / capacity.max(1);
    summary.count("offered per second", capacity * 2);
    summary.count("goodput per second", goodput);
    summary.count("goodput percent of capacity", percent);
    count(&mut told, summary);
    summary.count("5xx by the server's own count", refused);
    summary.count("of these within 5 ms", fast);
    summary.count("memory before in kB", before_kb);
    summary.count("memory at its peak in kB", peak_kb);
    summary.demand(percent >= percent_min, || {
        format!("the goodput is {percent} % of the capacity")
    });
    summary.demand(told.refused > 0, || "nothing was refused".to_owned());
    summary.demand(told.without_retry_after == 0, || {
        format!("{} refusals without Retry-After", told.without_retry_after)
    });
    summary.demand(told.strange == 0, || format!("strange: {:?}", told.example));
    summary.demand(peak_kb < before_kb + GROWTH_KB_MAX, || {
        format!("memory grew from {before_kb} kB to {peak_kb} kB")
    });
    // As a share, because on a shared machine any one answer may wait for a core.
    summary.demand(fast * 100 >= refused * 95, || {
        format!("only {fast} of {refused} refusals were answered within 5 ms")
    });
    Ok(())
}

fn count(told: &mut Told, summary: &mut Summary) {
    summary.count("granted", told.granted);
    summary.count("refused with 503", told.refused);
    summary.count("seat taken", told.taken);
    summary.count("never asked", told.unserved);
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
