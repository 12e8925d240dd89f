//! The load generator's command line: drives a server, prints one line of JSON.
//!
//! ```text
//! FULLHOUSE_JWT_SECRET=… fullhouse serve &
//! generator --server 127.0.0.1:8080 --workload all_seats --connections 64 --seconds 5
//! generator --server 127.0.0.1:8080 --workload zipf --connections 256 --rate 5000
//! ```

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use loadtest::connection::Lasts;
use loadtest::plan::{Asks, Pace, Plan};
use loadtest::run::run;
use loadtest::workload::Workload;
use uuid::Uuid;

/// Buyers against a server whose tokens are signed with the load tests' secret.
#[derive(Debug, Parser)]
#[command(name = "generator", version)]
struct Arguments {
    /// Where the server's public port is.
    #[arg(long, default_value = "127.0.0.1:8080")]
    server: SocketAddr,
    /// What buyers want.
    #[arg(long, value_enum, default_value_t = Workload::AllSeats)]
    workload: Workload,
    /// An open showtime with the workload's layout; a new one when it is left out.
    #[arg(long)]
    showtime: Option<Uuid>,
    /// Connections, one request in progress on each.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// How long each connection lasts.
    #[arg(long, value_enum, default_value_t = Lasts::Long)]
    lasts: Lasts,
    /// How long, after the warm-up.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// How long at the beginning does not count.
    #[arg(long, default_value_t = 0.5)]
    warmup_seconds: f64,
    /// Purchases due per second at random (open loop); the next after each answer without it.
    #[arg(long)]
    rate: Option<f64>,
    /// How long what is late at the end may still begin.
    #[arg(long, default_value_t = 2.0)]
    grace_seconds: f64,
    /// Of 100 holds of a checkout, so many are never paid.
    #[arg(long, default_value_t = 30)]
    abandoned_percent: u32,
    /// Where randomness begins.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What is asked: holds that are given back, swaps, or the parse-only route of a server that was
    /// built with the feature `bench` and runs with `--bench-routes`.
    #[arg(long, value_enum, default_value_t = Asks::Holds)]
    asks: Asks,
    /// A file with keys of programs, one in a line for each connection, instead of tokens.
    #[arg(long, value_name = "FILE")]
    api_keys: Option<PathBuf>,
    /// Only create the showtime and print its id.
    #[arg(long)]
    open_showtime: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let mut out = std::io::stdout();
    let showtime = match arguments.showtime {
        Some(showtime) => showtime,
        None => arguments.workload.layout().open(arguments.server).await?,
    };
    if arguments.open_showtime {
        writeln!(out, "{showtime}")?;
        return Ok(());
    }
    let report = run(arguments.plan(showtime)?).await?;
    writeln!(out, "{}", serde_json::to_string(&report)?)?;
    Ok(())
}

impl Arguments {
    fn keys(&self) -> std::io::Result<Vec<String>> {
        let Some(file) = &self.api_keys else {
            return Ok(Vec::new());
        };
        let text = std::fs::read_to_string(file)?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    fn plan(&self, showtime: Uuid) -> Result<Plan, Box<dyn std::error::Error>> {
        Ok(Plan {
            address: self.server,
            showtime,
            workload: self.workload,
            pace: self.rate.map_or(Pace::Closed, Pace::Open),
            connections: self.connections,
            lasts: self.lasts,
            warmup: Duration::try_from_secs_f64(self.warmup_seconds)?,
            length: Duration::try_from_secs_f64(self.seconds)?,
            grace: Duration::try_from_secs_f64(self.grace_seconds)?,
            abandoned_percent: self.abandoned_percent,
            seed: self.seed,
            asks: self.asks,
            api_keys: self.keys()?,
        })
    }
}
