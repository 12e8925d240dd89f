//! `pace`: durable holds of the program beside it and of another build of it, taking turns.
//!
//! One showtime, 256 connections, each hold in place of its connection's last one. Both servers are
//! up all the time, each on a PostgreSQL of its own; only one is asked at a time, and who begins
//! changes with every round, so that whatever else the machine does meets both.

use std::io::Write;
use std::path::PathBuf;

use clap::Parser;
use loadtest::api_keys;
use loadtest::program::{Launch, Program, asked_to_stop, ending_with_us, sibling};
use loadtest::report::Report;
use loadtest::workload::Workload;
use test_database::TestCluster;
use uuid::Uuid;

/// Compares the pace of two builds.
#[derive(Debug, Parser)]
#[command(name = "pace")]
struct Arguments {
    /// The other build's program.
    #[arg(long)]
    other: PathBuf,
    /// Rounds, each of one turn for either.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(5..=1_000))]
    rounds: u32,
    /// How long a turn is, after its warm-up.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Whether buyers of this tree have keys of programs instead of tokens.
    #[arg(long)]
    api_keys: bool,
}

/// Who is asked.
struct Runner {
    name: &'static str,
    server: Program,
    showtime: Uuid,
    /// What its buyers show, if it is no tokens.
    api_keys: Option<PathBuf>,
    /// Holds per second of each turn.
    pace: Vec<f64>,
    /// Microseconds of processor time per hold of each turn.
    cost: Vec<f64>,
    // Ended after the server.
    _cluster: TestCluster,
}

type Failure = Box<dyn std::error::Error>;

const CONNECTIONS: usize = 256;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    tokio::select! {
        compared = compare(&arguments) => compared,
        () = asked_to_stop() => Err("stopped".into()),
    }
}

async fn compare(arguments: &Arguments) -> Result<(), Failure> {
    let own = Runner::start("this tree", sibling("fullhouse")?, arguments.api_keys).await?;
    let other = Runner::start("the other", arguments.other.clone(), false).await?;
    let mut runners = [own, other];
    let mut out = std::io::stdout();
    for round in 1..=arguments.rounds {
        for turn in 0..2 {
            let at = usize::from(turn == round % 2);
            let (pace, cost) = runners[at].turn(arguments.seconds).await?;
            writeln!(
                out,
                "round {round}: {:<10} {pace:>8.0} holds/s, {cost:>4.0} us of processor time each",
                runners[at].name
            )?;
        }
    }
    let [own, other] = &runners;
    let ratios = own
        .pace
        .iter()
        .zip(&other.pace)
        .map(|(own, other)| own / other);
    let ratios = sorted(ratios.collect());
    let (low, high) = (ratios.first(), ratios.last());
    writeln!(
        out,
        "median {:.0} against {:.0} holds/s; of the ratios by round {:.1} % ({:.1} to {:.1} %)",
        median(&own.pace),
        median(&other.pace),
        100.0 * median(&ratios),
        100.0 * low.copied().unwrap_or_default(),
        100.0 * high.copied().unwrap_or_default(),
    )?;
    writeln!(
        out,
        "processor time per hold: {:.1} us against {:.1} us",
        median(&own.cost),
        median(&other.cost),
    )?;
    for runner in runners {
        if let Some(file) = runner.api_keys {
            std::fs::remove_file(file)?;
        }
        runner.server.terminate().await?;
    }
    Ok(())
}

impl Runner {
    async fn start(name: &'static str, program: PathBuf, with_keys: bool) -> Result<Self, Failure> {
        let cluster = Box::pin(TestCluster::create_with(true)).await;
        let launch = Launch::new(program).arg("serve");
        let launch = launch
            .env("DATABASE_URL", cluster.url())
            .env("FULLHOUSE_LOG", "error");
        let server = launch.start().await?;
        let showtime = Workload::AllSeats.layout().open(server.http()).await?;
        let mut runner = Self {
            name,
            server,
            showtime,
            api_keys: None,
            pace: Vec::new(),
            cost: Vec::new(),
            _cluster: cluster,
        };
        if with_keys {
            let keys = api_keys::make(runner.server.http(), CONNECTIONS).await?;
            let file = std::env::temp_dir().join(format!("pace-keys-{}", std::process::id()));
            std::fs::write(&file, keys.join("\n"))?;
            runner.api_keys = Some(file);
        }
        // Whoever is asked first would pay for waking up.
        runner.turn(1).await?;
        runner.pace.clear();
        runner.cost.clear();
        Ok(runner)
    }

    async fn turn(&mut self, seconds: u32) -> Result<(f64, f64), Failure> {
        let before = self.server.processor_time()?;
        let keys = self.api_keys.as_ref();
        let output = ending_with_us(sibling("generator")?)
            .arg(format!("--server={}", self.server.http()))
            .arg(format!("--showtime={}", self.showtime))
            .arg(format!("--connections={CONNECTIONS}"))
            .arg(format!("--seconds={seconds}"))
            .args(["--workload=all_seats", "--asks=swaps"])
            .args(keys.map(|path| format!("--api-keys={}", path.display())))
            .kill_on_drop(true)
            .output()
            .await?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        let report: Report = serde_json::from_slice(&output.stdout)?;
        if report.double_sold > 0 || report.granted == 0 {
            return Err(format!("{}: not a pace but a fault: {report:?}", self.name).into());
        }
        let used = self.server.processor_time()?.saturating_sub(before);
        let holds = u32::try_from(report.granted_ever)?.max(1);
        let pace = report.sales_per_second;
        let cost = used.as_secs_f64() * 1e6 / f64::from(holds);
        self.pace.push(pace);
        self.cost.push(cost);
        Ok((pace, cost))
    }
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

fn median(values: &[f64]) -> f64 {
    let values = sorted(values.to_vec());
    values.get(values.len() / 2).copied().unwrap_or_default()
}
