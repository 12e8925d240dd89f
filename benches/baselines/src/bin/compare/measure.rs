//! One subject in one cell, once.

use loadtest::report::Report;
use serde::{Deserialize, Serialize};

use crate::cell::{Cell, Load};
use crate::cpu;
use crate::oracle;
use crate::results::Results;
use crate::run_length::RunLength;
use crate::stage::{Stage, StageError};
use crate::subject::Subject;

/// What one run showed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) round: usize,
    pub(crate) cell: Cell,
    pub(crate) subject: Subject,
    pub(crate) report: Report,
    /// Processor seconds, warm-up included, where the system tells them.
    pub(crate) server_cpu: Option<f64>,
    pub(crate) store_cpu: Option<f64>,
    /// Transactions that were tried again, where the server tells them.
    pub(crate) retries: Option<u64>,
    pub(crate) violations: Vec<String>,
}

/// Whose turn it is, and at what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    pub(crate) round: usize,
    pub(crate) cell: Cell,
    pub(crate) subject: Subject,
}

pub(crate) async fn run(
    stage: &mut Stage,
    length: RunLength,
    turn: Turn,
    results: &Results,
) -> Result<Run, StageError> {
    let Turn {
        round,
        cell,
        subject,
    } = turn;
    let server = stage.serve(subject).await?;
    let showtime = stage.showtime(subject, cell, &server).await?;
    stage.warm_up(&server, showtime).await?;
    let mut arguments = vec![
        format!("--server={}", server.http()),
        format!("--showtime={showtime}"),
        format!("--workload={}", cell.workload),
        format!("--connections={}", cell.connections),
        format!("--seconds={}", length.measured().as_secs_f64()),
        format!("--warmup-seconds={}", length.warmup().as_secs_f64()),
        format!("--asks={}", cell.asks(subject).as_str()),
        format!("--seed={}", round + 1),
    ];
    if cell.load == Load::OpenHalf {
        let capacity = results.capacity(round, subject, cell);
        arguments.push(format!("--rate={:.0}", (capacity / 2.0).max(1.0)));
    }
    let used = || (cpu::of_process(server.pid()), stage.store_cpu());
    let before = used();
    let output = stage.generate(&arguments).await?;
    let after = used();
    let report: Report = serde_json::from_slice(&output.stdout)
        .map_err(|wrong| StageError::Generator(wrong.to_string()))?;
    let retries = oracle::retries(&server).await;
    let violations = oracle::check(stage, subject, &server, showtime, &report).await?;
    server.terminate().await?;
    stage.tidy(subject).await?;
    Ok(Run {
        round,
        cell,
        subject,
        report,
        server_cpu: since(before.0, after.0),
        store_cpu: since(before.1, after.1),
        retries,
        violations,
    })
}

fn since(before: Option<f64>, after: Option<f64>) -> Option<f64> {
    Some(after? - before?)
}

impl Run {
    /// Sales with the warm-up's, which the processor time is of.
    pub(crate) fn sales_ever(&self) -> u64 {
        if self.cell.workload == loadtest::workload::Workload::Checkout {
            self.report.confirmed_ever
        } else {
            self.report.granted_ever
        }
    }

    /// For whoever waits.
    pub(crate) fn line(&self) -> String {
        format!(
            "round {} · {} · {}: {:.0} sales/s, p99 {:.1} ms, {} refused, {} errors",
            self.round + 1,
            self.cell.title(),
            self.subject,
            self.report.sales_per_second,
            millis(self.report.sale.p99_us),
            self.report.refusals(),
            self.report.errors(),
        )
    }
}

/// Microseconds as milliseconds.
#[expect(
    clippy::cast_precision_loss,
    reason = "a minute has fewer than 2^52 microseconds"
)]
pub(crate) fn millis(micros: u64) -> f64 {
    micros as f64 / 1_000.0
}
