//! Runs Fullhouse and the designs it is compared with in turn, and writes what it saw.
//!
//! ```text
//!   round ─► cell (what buyers want, how many there are) ─► subject, in turn
//!                 start server ─► generator ─► CPU ─► SQL: was anything sold twice? ─► stop
//! ```
//!
//! Everything runs on one machine and one PostgreSQL cluster of the comparison's own, one server at
//! a time. Within a cell the subjects follow one another within seconds, so what the machine does
//! besides hits neighbors alike; each round begins with another subject. Ratios are made within a
//! round, never between rounds.

mod cell;
mod cpu;
mod machine;
mod measure;
mod oracle;
mod page;
mod promises;
mod record;
mod results;
mod run_length;
mod stage;
mod subject;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use loadtest::program::told_to_stop;

use crate::cell::{Agenda, Cell};
use crate::machine::Machine;
use crate::measure::Turn;
use crate::record::Record;
use crate::results::Results;
use crate::run_length::RunLength;
use crate::stage::{Stage, StageError};
use crate::subject::Subject;

/// Compares Fullhouse with other designs on this machine.
#[derive(Debug, Parser)]
#[command(name = "compare", version)]
struct Arguments {
    /// Fewer cells and shorter runs: three minutes instead of fifteen.
    #[arg(long)]
    quick: bool,
    /// How often everything is run. A page is written from three rounds or more.
    #[arg(long, default_value_t = ROUNDS_MIN)]
    rounds: usize,
    /// How many seconds all rounds may take: what is left of them beside starting and checking is
    /// the length of the runs. 180 with --quick, otherwise 840.
    #[arg(long)]
    budget_seconds: Option<u64>,
    /// Where the page is, between whose markers the figures are written.
    #[arg(long, default_value = "docs/BENCHMARKS.md")]
    page: PathBuf,
    /// Write the page and the charts; without it they are only printed.
    #[arg(long)]
    write: bool,
    /// Where every run's figures are kept as JSON.
    #[arg(long, default_value = "target/compare/results.json")]
    results: PathBuf,
    /// Measure nothing: write the page and the charts again from such a file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["quick", "rounds", "budget_seconds"])]
    redraw: Option<PathBuf>,
}

/// With fewer there is no median to speak of.
const ROUNDS_MIN: usize = 3;
const TOO_FEW_ROUNDS: &str = "a page is written from three rounds or more";

impl Arguments {
    fn budget(&self) -> Duration {
        let usual = if self.quick { 180 } else { 840 };
        Duration::from_secs(self.budget_seconds.unwrap_or(usual))
    }

    fn writes(&self) -> bool {
        self.write || self.redraw.is_some()
    }
}

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    // Whoever stops the comparison stops its servers too: what is dropped here kills them.
    let ended = tokio::select! {
        ended = compare(Arguments::parse()) => ended,
        () = told_to_stop() => Err("stopped".into()),
    };
    ended.unwrap_or_else(|error| {
        say(&format!("error: {error}"));
        ExitCode::FAILURE
    })
}

async fn compare(arguments: Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let too_few = |rounds| arguments.writes() && rounds < ROUNDS_MIN;
    let record = match &arguments.redraw {
        Some(file) => Record::load(file)?,
        None if too_few(arguments.rounds) => return Err(TOO_FEW_ROUNDS.into()),
        None => measure(&arguments).await?,
    };
    if too_few(record.results.rounds()) {
        return Err(TOO_FEW_ROUNDS.into());
    }
    let section = page::section(&record);
    let results = &record.results;
    let mut out = std::io::stdout();
    if arguments.writes() {
        page::write(&arguments.page, &section)?;
        page::charts::draw(&arguments.page.with_file_name("benchmarks"), results)?;
        writeln!(out, "written: {}", arguments.page.display())?;
    }
    writeln!(out, "{section}")?;
    let violations = results.violations();
    if violations.is_empty() {
        writeln!(out, "nothing was sold twice in {} runs", results.len())?;
        return Ok(ExitCode::SUCCESS);
    }
    for violation in &violations {
        writeln!(out, "VIOLATION {violation}")?;
    }
    Ok(ExitCode::FAILURE)
}

/// Everything that is measured, kept before it is read.
async fn measure(arguments: &Arguments) -> Result<Record, Box<dyn std::error::Error>> {
    let agenda = Agenda::new(arguments.quick);
    let runs = arguments.rounds * agenda.runs_per_round();
    let run_length = RunLength::within(arguments.budget(), runs);
    let machine = Machine::look();
    let mut stage = Stage::build().await?;
    let results = play(arguments.rounds, (&agenda, run_length), &mut stage).await;
    let versions = stage.versions().await;
    stage.strike().await;
    let record = Record {
        // Why a run failed says more than what fails after it.
        results: results?,
        versions: versions?,
        machine,
        run_length,
    };
    record.save(&arguments.results)?;
    Ok(record)
}

/// Every round from its first cell to its last.
async fn play(
    rounds: usize,
    (agenda, length): (&Agenda, RunLength),
    stage: &mut Stage,
) -> Result<Results, StageError> {
    let mut results = Results::default();
    for round in 0..rounds {
        for cell in &agenda.cells {
            for subject in turns(agenda, *cell, round) {
                let turn = Turn {
                    round,
                    cell: *cell,
                    subject,
                };
                let run = measure::run(stage, length, turn, &results).await?;
                say(&run.line());
                results.add(run);
            }
        }
    }
    Ok(results)
}

/// The subjects of a cell; every round begins with another one and goes the other way round.
fn turns(agenda: &Agenda, cell: Cell, round: usize) -> Vec<Subject> {
    let mut subjects = agenda.subjects(cell);
    let count = subjects.len();
    subjects.rotate_left(round * 3 % count);
    if round % 2 == 1 {
        subjects.reverse();
    }
    subjects
}

fn say(line: &str) {
    // Whoever closes the pipe wants no more progress, but still the figures.
    drop(writeln!(std::io::stderr(), "{line}"));
}
