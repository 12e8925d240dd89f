//! Many more buyers than the server can take, each of whom asks again as soon as they are answered:
//! it must go on selling at its own pace, refuse the rest with a hint, and not grow.
//!
//! Every second one heeds the hint; the others do not. Clients and server share the machine, so
//! whatever it costs to refuse is missing where seats are sold.

use std::time::Duration;

use loadtest::program::{Launch, Program};
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use super::Drill;
use crate::api::Api;
use crate::crowd::{Crowd, Told};
use crate::error::DrillError;
use crate::options::Options;
use crate::process::{allow_files, memory_kb, micros, refusals_of};
use crate::stage::Stage;
use crate::summary::Summary;

pub(super) const DRILL: Drill = Drill {
    name: "overload",
    about: "five and twenty times as many buyers as the server is busy with",
    run: |options| Box::pin(play(options)),
};

const HOUSE: (u32, u32) = (500, 100);
/// Connections that measure the capacity: enough to keep the journal's batches full.
const BUSY: usize = 512;
/// Connections that are too many.
const CROWDS: [usize; 2] = [2_500, 10_000];
/// Connections that are all refused.
const REFUSED: usize = 2_500;
/// How long they are counted.
const REFUSED_FOR: Duration = Duration::from_secs(5);
/// Commands of the showtime under way at once: fewer than there are buyers in any crowd.
const IN_FLIGHT_MAX: &str = "1024";
/// Memory that each connection of a crowd may cost, beside what the server had at its busiest.
const GROWTH_KB_MAX: u64 = 48;
/// Of the capacity, in percent.
const GOODPUT_PERCENT_MIN: u64 = 80;
/// The same in a few seconds, which tell a collapse and no more: clients and server share the
/// processors, and thousands of clients cost more than hundreds, how much depends on the machine.
const GOODPUT_PERCENT_MIN_QUICK: u64 = 25;
/// Requests of a hundred that may fail on the clients' side of so many connections.
const UNREACHED_PERCENT_MAX: u64 = 1;

/// What a crowd was told and what it cost.
#[derive(Debug)]
struct Visited {
    connections: usize,
    seconds: u64,
    told: Told,
    cpu_us: u64,
    peak_kb: u64,
    /// Answers with 5xx by the server's own count, and how many of them within 5 ms.
    refused: u64,
    fast: u64,
}

async fn play(options: Options) -> Result<Summary, DrillError> {
    let most = CROWDS.iter().copied().max().unwrap_or_default() as u64;
    if !allow_files(most + 2_000) {
        return Ok(Summary::not_run("there may not be as many open files"));
    }
    let mut stage = Stage::build().await?;
    let launch = stage.launch.clone();
    let launch = launch.env("FULLHOUSE_SHOWTIME_IN_FLIGHT_MAX", IN_FLIGHT_MAX);
    let server = launch.start().await?;
    let busy = Crowd {
        server: server.http(),
        showtime: new_house(&server).await?,
        house: HOUSE,
        connections: BUSY,
        rate: None,
        half_heed: false,
        length: options.seconds(4, 15).min(Duration::from_secs(30)),
        seed: options.seed(),
    };
    // The first visit warms everything up.
    busy.visit().await?;
    let mut summary = Summary::default();
    let mut before = visit(busy, &server).await?;
    let usual_kb = before.peak_kb;
    for connections in CROWDS {
        let crowd = Crowd {
            connections,
            half_heed: true,
            length: options.seconds(8, 60),
            ..busy
        };
        let mut best = 0;
        let mut tries = 0;
        while best < goodput_percent_min(&options) && tries < tries_max(&options) {
            let crowded = visit(crowd, &server).await?;
            // The capacity is measured on both sides of the crowd: this machine has other work, too.
            let after = visit(busy, &server).await?;
            judge(&crowded, usual_kb, &mut summary);
            best = best.max(percent_of_capacity(
                &crowded,
                [&before, &after],
                &mut summary,
            ));
            before = after;
            tries += 1;
        }
        summary.count(
            format!("{connections} connections: goodput percent of capacity"),
            best,
        );
        summary.demand(best >= goodput_percent_min(&options), || {
            format!("the goodput is {best} % of the capacity, in the best of {tries} tries")
        });
    }
    server.terminate().await?;
    let refusal_us = refusal_us(busy, &launch, &mut stage).await?;
    summary.count("processor us per refusal", refusal_us);
    stage.judge(&mut summary).await?;
    Ok(summary)
}

/// Processor time of the server per refusal, where everybody is refused as fast as they ask: the
/// server takes them for a proxy, whose connections it does not hold off, and nothing is decided
/// while the journal stands still.
async fn refusal_us(busy: Crowd, launch: &Launch, stage: &mut Stage) -> Result<u64, DrillError> {
    let launch = launch.clone();
    let launch = launch.env("FULLHOUSE_TRUSTED_PROXIES", "127.0.0.1/32");
    let server = launch.start().await?;
    let busy = Crowd {
        server: server.http(),
        showtime: new_house(&server).await?,
        ..busy
    };
    busy.visit().await?;
    stage.cluster.stop().await;
    let refused = Crowd {
        connections: REFUSED,
        length: 2 * REFUSED_FOR,
        ..busy
    };
    let arrived = refused.arrive().await?;
    let measured = async {
        // Until then some are let in, and wait.
        tokio::time::sleep(REFUSED_FOR / 2).await;
        let (refused, _) = refusals_of(server.ops()).await?;
        let before = server.processor_time()?;
        tokio::time::sleep(REFUSED_FOR).await;
        let cpu_us = micros(server.processor_time()?.saturating_sub(before));
        let refused = refusals_of(server.ops()).await?.0 - refused;
        Ok::<_, DrillError>(cpu_us / refused.max(1))
    };
    let (told, refusal_us) = tokio::join!(arrived.buy(), measured);
    told?;
    stage.cluster.start().await;
    server.terminate().await?;
    refusal_us
}

/// An empty one for each visit: what the last buyers hold would be missing in the next one's figures.
async fn new_house(server: &Program) -> Result<Uuid, DrillError> {
    let address = watch::Sender::new(server.http());
    let api = Api::open_house(address.subscribe(), HOUSE.0, HOUSE.1).await?;
    Ok(api.showtime())
}

async fn visit(crowd: Crowd, server: &Program) -> Result<Visited, DrillError> {
    let showtime = new_house(server).await?;
    let crowd = Crowd { showtime, ..crowd };
    let arrived = crowd.arrive().await?;
    let (refused_before, fast_before) = refusals_of(server.ops()).await?;
    let before = server.processor_time()?;
    let (told, peak_kb) = tokio::join!(arrived.buy(), peak_kb(server, crowd.length));
    let cpu_us = micros(server.processor_time()?.saturating_sub(before));
    let (refused, fast) = refusals_of(server.ops()).await?;
    Ok(Visited {
        connections: crowd.connections,
        seconds: crowd.length.as_secs().max(1),
        told: told?,
        cpu_us,
        peak_kb: peak_kb?,
        refused: refused - refused_before,
        fast: fast - fast_before,
    })
}

impl Visited {
    fn granted_per_second(&self) -> u64 {
        self.told.granted / self.seconds
    }

    /// Processor time of the server per hold, with all that it did beside them.
    const fn hold_us(&self) -> u64 {
        match self.cpu_us.checked_div(self.told.granted) {
            Some(hold_us) => hold_us,
            None => 0,
        }
    }
}

/// What must hold on any machine.
fn judge(crowded: &Visited, usual_kb: u64, summary: &mut Summary) {
    let Visited { told, refused, .. } = crowded;
    let of = |what: &str| format!("{} connections: {what}", crowded.connections);
    summary.count(of("granted"), told.granted);
    summary.count(of("refused with 503"), told.refused);
    summary.count(of("seat taken"), told.taken);
    summary.count(of("reached nobody"), told.unreached);
    summary.most(of("refusal p50 in us"), told.refusal_p50_us());
    summary.count(
        of("refused within 5 ms by the server's count"),
        crowded.fast,
    );
    summary.most(of("memory at its peak in kB"), crowded.peak_kb);
    let hold_us = crowded.hold_us();
    summary.most(of("processor us per hold, refusals included"), hold_us);
    summary.demand(told.granted > 0, || "nothing was granted".to_owned());
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
    let grown_kb = crowded.peak_kb.saturating_sub(usual_kb);
    let growth_kb_max = GROWTH_KB_MAX * crowded.connections as u64;
    summary.demand(grown_kb < growth_kb_max, || {
        format!("memory grew by {grown_kb} kB")
    });
}

/// How much of the capacity is left, in percent.
fn percent_of_capacity(crowded: &Visited, busy: [&Visited; 2], summary: &mut Summary) -> u64 {
    let capacity = busy.iter().map(|it| it.granted_per_second()).sum::<u64>() / 2;
    summary.most("capacity per second", capacity);
    let hold_us = busy.iter().map(|it| it.hold_us()).sum::<u64>() / 2;
    summary.most("processor us per hold", hold_us);
    crowded.granted_per_second() * 100 / capacity.max(1)
}

const fn goodput_percent_min(options: &Options) -> u64 {
    if options.quick() {
        GOODPUT_PERCENT_MIN_QUICK
    } else {
        GOODPUT_PERCENT_MIN
    }
}

/// Seconds on a machine whose other work nobody knows may be bad ones; a minute may not.
const fn tries_max(options: &Options) -> u32 {
    if options.quick() { 3 } else { 1 }
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
