//! The page that people read: figures between two markers, sentences around them by hand.

pub(crate) mod charts;

use std::fmt::Write;
use std::io;
use std::path::Path;

use crate::cell::{Cell, Load};
use crate::measure::{Run, millis};
use crate::promises::{promises, range};
use crate::record::Record;
use crate::results::{Results, Spread};
use crate::subject::Subject;

const BEGIN: &str = "<!-- comparison:begin -->";
const END: &str = "<!-- comparison:end -->";

/// Where the system does not tell what processes use, or a server what it tried again.
const NOT_MEASURED: &str = "—";

/// Replaces what stands between the markers.
pub(crate) fn write(path: &Path, section: &str) -> io::Result<()> {
    let text = std::fs::read_to_string(path)?;
    let missing = || io::Error::other(format!("{} lacks {BEGIN} or {END}", path.display()));
    let (before, rest) = text.split_once(BEGIN).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    std::fs::write(path, format!("{before}{BEGIN}\n{section}{END}{after}"))
}

/// Everything between the markers.
pub(crate) fn section(record: &Record) -> String {
    let mut text = String::new();
    let results = &record.results;
    let written = head(&mut text, record)
        .and_then(|()| promises_table(&mut text, results))
        .and_then(|()| chart_links(&mut text, results))
        .and_then(|()| {
            let mut cells = results.cells().into_iter();
            cells.try_for_each(|cell| cell_table(&mut text, cell, results))
        });
    // A string takes whatever is written.
    debug_assert!(written.is_ok());
    text
}

fn head(text: &mut String, record: &Record) -> std::fmt::Result {
    let (machine, results) = (&record.machine, &record.results);
    writeln!(
        text,
        "Measured on {} at commit {}: {} cores ({}), {} GiB, {}; {}; {}.",
        machine.day,
        machine.commit,
        machine.cores,
        machine.processor,
        machine.memory_gib,
        machine.system,
        machine.rust,
        record.versions.join("; "),
    )?;
    writeln!(
        text,
        "{} rounds of {} s a run after {} s of warm-up, {} runs; server, PostgreSQL and generator \
         share the cores. Figures are medians of the rounds, with the least and the most where a \
         range stands.\n",
        results.rounds(),
        record.run_length.measured().as_secs_f64(),
        record.run_length.warmup().as_secs_f64(),
        results.len(),
    )?;
    let violations = results.violations();
    writeln!(
        text,
        "Seats sold twice, over all runs and designs, by the buyers' ledger, by SQL and by Fullhouse's \
         audit: **{}**.\n",
        if violations.is_empty() {
            "none".to_owned()
        } else {
            violations.join("; ")
        },
    )
}

fn promises_table(text: &mut String, results: &Results) -> std::fmt::Result {
    writeln!(text, "| bar | measured | |\n|---|---|---|")?;
    for promise in promises(results) {
        let verdict = if promise.met { "met" } else { "**missed**" };
        writeln!(
            text,
            "| {} | {} | {verdict} |",
            promise.least, promise.measured
        )?;
    }
    writeln!(text)
}

fn chart_links(text: &mut String, results: &Results) -> std::fmt::Result {
    for chart in charts::charts(results) {
        writeln!(text, "![{}](benchmarks/{})\n", chart.title, chart.file)?;
    }
    Ok(())
}

fn cell_table(text: &mut String, cell: Cell, results: &Results) -> std::fmt::Result {
    writeln!(text, "### {}\n", cell.title())?;
    writeln!(
        text,
        "| design | sales/s | Fullhouse makes | p50 ms | p99 ms | p99.9 ms | max ms | refused \
         | errors | retries | CPU s per 1,000 sales: server | database |"
    )?;
    writeln!(text, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")?;
    for subject in ordered(cell, results) {
        line(text, cell, subject, results)?;
    }
    writeln!(text)
}

/// The fastest first.
fn ordered(cell: Cell, results: &Results) -> Vec<Subject> {
    let sales = |subject: Subject| {
        let spread = results.spread(subject, cell, |run| run.report.sales_per_second);
        spread.map_or(0.0, |spread| spread.median)
    };
    let mut subjects = results.subjects(cell);
    subjects.sort_by(|one, other| sales(*other).total_cmp(&sales(*one)));
    subjects
}

fn line(text: &mut String, cell: Cell, subject: Subject, results: &Results) -> std::fmt::Result {
    let figure = |figure: fn(&Run) -> f64, digits: usize| {
        let spread = results.spread(subject, cell, figure);
        spread.map_or_else(String::new, |spread| format!("{:.digits$}", spread.median))
    };
    let cpu = |seconds: fn(&Run) -> Option<f64>| {
        let runs = results.of(subject, cell);
        let spread = Spread::of(runs.filter_map(|run| per_thousand(seconds(run)?, run)));
        spread.map_or_else(
            || NOT_MEASURED.to_owned(),
            |spread| format!("{:.3}", spread.median),
        )
    };
    let sales = results.spread(subject, cell, |run| run.report.sales_per_second);
    let sales = sales.map_or_else(String::new, |sales| range(sales, 0));
    let ratio = results.ratio(Subject::Fullhouse, subject, cell);
    let ratio = match (cell.load, subject, ratio) {
        // In the open loop everybody sells half of what they can.
        (Load::OpenHalf, ..) | (_, Subject::Fullhouse, _) | (.., None) => String::new(),
        (Load::Closed | Load::Swaps, _, Some(ratio)) => format!("{} ×", range(ratio, 2)),
    };
    let columns = [
        figure(|run| millis(run.report.sale.p50_us), 1),
        figure(|run| millis(run.report.sale.p99_us), 1),
        figure(|run| millis(run.report.sale.p999_us), 1),
        figure(|run| millis(run.report.sale.max_us), 1),
        figure(|run| count(run.report.refusals()), 0),
        figure(|run| count(run.report.errors()), 0),
        retries(results.of(subject, cell)),
        cpu(|run| run.server_cpu),
        cpu(|run| run.store_cpu),
    ];
    let columns = columns.join(" | ");
    writeln!(text, "| {subject} | {sales} | {ratio} | {columns} |")
}

/// Unknown as soon as one run's are: a median of some rounds is not one of all.
fn retries<'a>(runs: impl Iterator<Item = &'a Run>) -> String {
    let known: Option<Vec<f64>> = runs.map(|run| Some(count(run.retries?))).collect();
    let spread = known.and_then(Spread::of);
    spread.map_or_else(
        || NOT_MEASURED.to_owned(),
        |spread| format!("{:.0}", spread.median),
    )
}

/// Nothing of somebody who sold nothing.
fn per_thousand(seconds: f64, run: &Run) -> Option<f64> {
    let sales = run.sales_ever();
    (sales > 0).then(|| seconds * 1_000.0 / count(sales))
}

#[expect(clippy::cast_precision_loss, reason = "nobody counts to 2^52 here")]
fn count(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::sample;

    #[test]
    fn retries_that_a_run_does_not_tell_are_not_called_none() {
        let results = sample().results;
        let mut runs: Vec<Run> = results
            .of(Subject::Fullhouse, crate::cell::HOT)
            .cloned()
            .collect();
        assert_eq!(retries(runs.iter()), "2");
        runs[1].retries = None;
        assert_eq!(retries(runs.iter()), NOT_MEASURED);
    }
}
