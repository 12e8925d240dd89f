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
mod charts;
mod cpu;
mod machine;
mod measure;
mod oracle;
mod page;
mod promises;
mod results;
mod stage;
mod subject;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use loadtest::program::told_to_stop;
use tokio::time::Instant;

use crate::cell::{Agenda, Cell};
use crate::machine::Machine;
use crate::measure::Turn;
use crate::results::Results;
use crate::stage::{Stage, StageError};
use crate::subject::Subject;

/// Compares Fullhouse with other designs on this machine.
#[derive(Debug, Parser)]
#[command(name = "compare", version)]
struct Arguments {
    /// Fewer cells and shorter runs: three minutes instead of fifteen.
    #[arg(long)]
    quick: bool,
    /// How often everything is run.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Begin no round that would end after so many seconds; at least one is run.
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
}

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    // Whoever stops the comparison stops its servers too: what is dropped here kills them.
    tokio::select! {
        ended = compare(Arguments::parse()) => ended,
        () = told_to_stop() => Err("stopped".into()),
    }
}

async fn compare(arguments: Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let agenda = Agenda::new(arguments.quick);
    let machine = Machine::look();
    let mut stage = Stage::build().await?;
    let results = play(&arguments, &agenda, &mut stage).await;
    let versions = stage.versions().await?;
    stage.strike().await;
    let results = results?;
    results.save(&arguments.results)?;
    let section = page::section(&machine, &versions, &agenda, &results);
    let mut out = std::io::stdout();
    if arguments.write {
        page::write(&arguments.page, &section)?;
        charts::draw(&arguments.page.with_file_name("benchmarks"), &results)?;
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

/// Every round, as long as there is time.
async fn play(
    arguments: &Arguments,
    agenda: &Agenda,
    stage: &mut Stage,
) -> Result<Results, StageError> {
    let begun = Instant::now();
    let budget = arguments.budget_seconds.map(Duration::from_secs);
    let mut results = Results::default();
    for round in 0..arguments.rounds {
        let per_round = begun.elapsed() / u32::try_from(round.max(1)).unwrap_or(1);
        if round > 0 && budget.is_some_and(|budget| begun.elapsed() + per_round > budget) {
            say(&format!("no time left for round {}", round + 1));
            break;
        }
        for cell in &agenda.cells {
            for subject in turns(agenda, *cell, round) {
                let turn = Turn {
                    round,
                    cell: *cell,
                    subject,
                };
                let run = measure::run(stage, agenda, turn, &results).await?;
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
