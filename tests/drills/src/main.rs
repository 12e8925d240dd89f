//! `drill`: breaks a running Fullhouse on purpose and proves from outside what survived.
//!
//! ```text
//!   main ──► drills/NAME ──► stage   PostgreSQL, servers, a showtime
//!                     │
//!                     ├────► load    buyers that record what they asked and what they were told
//!                     └────► check   history + restarted server + SQL: does it all add up?
//! ```
//!
//! A drill must never believe the server about itself alone: what it was told is compared with
//! what is stored, and both with what could have happened.

mod error;
mod options;
mod summary;

mod history;

mod api;

mod crowd;
mod process;
mod small_disk;

mod stage;

mod check;
mod evidence;

mod drills;
mod scene;
mod trial;

use std::any::Any;
use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use futures::FutureExt;
use tokio::time::Instant;

use drills::Drill;
use options::Options;
use summary::{Row, Summary};

/// Breaks a running Fullhouse on purpose and proves from outside what survived.
#[derive(Debug, Parser)]
#[command(name = "drill")]
struct Line {
    /// A drill's name, or `all`; without one they are listed.
    name: Option<String>,
    #[command(flatten)]
    options: Options,
}

#[tokio::main]
async fn main() -> ExitCode {
    // Whoever stops a drill stops its servers too: what is dropped here kills them.
    let ended = tokio::select! {
        ended = run(Line::parse()) => ended,
        () = loadtest::program::told_to_stop() => Err("stopped".to_owned()),
    };
    match ended {
        Ok(code) => code,
        Err(error) => {
            tell(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(
    clippy::future_not_send,
    reason = "drills are awaited here and nowhere else"
)]
async fn run(line: Line) -> Result<ExitCode, String> {
    let chosen: Vec<&Drill> = match line.name.as_deref() {
        None => return Ok(list()),
        Some("all") => drills::ALL.iter().collect(),
        Some(name) => {
            let found = drills::ALL.iter().find(|drill| drill.name == name);
            vec![found.ok_or_else(|| format!("there is no drill {name:?}; drill lists them"))?]
        }
    };
    let fills = |drill: &&Drill| drill.name == drills::NEEDS_SMALL_DISK;
    if line.options.small_disk().is_none() && chosen.iter().any(fills) {
        small_disk::begin_again().map_err(|error| error.to_string())?;
    }
    tell(&format!("seed {}", line.options.seed()));
    let mut rows = Vec::new();
    for drill in &chosen {
        let row = perform(drill, &line.options).await;
        tell(&row.to_string());
        rows.push(row);
    }
    if rows.len() > 1 {
        tell(&summary::table(&rows));
    }
    Ok(judge(&rows, &line.options))
}

/// What was asked for by its own name has to be run.
fn judge(rows: &[Row], options: &Options) -> ExitCode {
    let permitted = options.allow_not_run() && rows.len() > 1;
    if let Some(not_run) = summary::not_run(rows) {
        let verdict = if permitted { "allowed" } else { "FAILED" };
        tell(&format!("{verdict}: {not_run}"));
    }
    if rows
        .iter()
        .all(|row| row.passed() || (permitted && !row.was_run()))
    {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[expect(
    clippy::future_not_send,
    reason = "drills are awaited here and nowhere else"
)]
async fn perform(drill: &Drill, options: &Options) -> Row {
    let began = Instant::now();
    // A stage panics when it cannot be built; the other drills are played all the same.
    let played = AssertUnwindSafe((drill.run)(options.clone())).catch_unwind();
    let summary = match played.await {
        Ok(Ok(summary)) => summary,
        Ok(Err(error)) => Summary::failed(&error),
        Err(panic) => Summary::failed(&message(panic.as_ref())),
    };
    Row {
        name: drill.name,
        summary,
        took: Duration::from_millis(u64::try_from(began.elapsed().as_millis()).unwrap_or(0)),
    }
}

/// What was said by whoever panicked.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a message")
}

fn list() -> ExitCode {
    for drill in drills::ALL {
        tell(&format!("{:<22}{}", drill.name, drill.about));
    }
    ExitCode::SUCCESS
}

/// A line for whoever runs the drill, who may have stopped listening.
pub(crate) fn tell(line: &str) {
    drop(writeln!(std::io::stdout().lock(), "{line}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_drill_that_panics_has_failed_with_its_message() {
        let no_stage = Drill {
            name: "no_stage",
            about: "",
            run: |_| Box::pin(async { panic!("no test cluster: {}", "disk full") }),
        };
        let no_message = Drill {
            run: |_| Box::pin(async { std::panic::panic_any(7) }),
            ..no_stage
        };
        let options = Line::parse_from(["drill"]).options;
        let row = perform(&no_stage, &options).await;
        assert!(!row.passed());
        let expected = "\n  violation: the drill itself failed: no test cluster: disk full";
        assert!(row.to_string().ends_with(expected), "{row}");
        assert!(!perform(&no_message, &options).await.passed());
    }
}
