//! `fullhouse import-plan`: a showtime from a seating plan in pretix's JSON format.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use actors::clock::{Clock, SystemClock};
use chrono::{DateTime, Utc};
use clap::Args;
use persistence::audit_log::By;
use persistence::showtimes::{Created, NewShowtime};
use seating::seat_layout::spec::Money;

use super::error::CliError;
use super::output::print;
use crate::config::DatabaseConfig;
use crate::fresh_ids;
use crate::server::database::Store;
use crate::showtimes::{self, usual_terms};
use crate::showtimes::{PlanError, PlanTerms, PlannedLayout, Point, StageFrom};
use crate::wire::timestamp;

/// Which plan, and how it is sold.
#[derive(Debug, Args)]
pub(super) struct ImportPlanArgs {
    /// The plan, as pretix's editor exports it.
    file: PathBuf,
    /// What is performed.
    #[arg(long)]
    showtime_title: String,
    /// What a category of the plan costs, in minor units, or `none` if it is not for sale; once for
    /// each category in use. Before the sign of equality stands nothing for seats without a category.
    #[arg(long = "price", value_name = "TIER=AMOUNT", required = true)]
    prices: Vec<String>,
    /// The prices' currency, three capital letters (ISO 4217).
    #[arg(long, default_value = "INR")]
    currency: String,
    /// What everybody looks at, in the plan's own unit, such as 500,20. When it is left out: what the
    /// plan draws as its stage, or the top.
    #[arg(long, value_name = "X,Y", value_parser = point, allow_hyphen_values = true)]
    stage: Option<Point>,
    /// When it begins, such as 2027-01-31T19:30:00Z; thirty days from now when it is left out.
    #[arg(long, value_name = "TIME", value_parser = time)]
    starts_at: Option<DateTime<Utc>>,
    #[command(flatten)]
    database: DatabaseConfig,
}

const STARTS_IN_SECONDS: u32 = 30 * 24 * 60 * 60;

/// Creates the showtime and prints its id.
pub(super) async fn run(args: ImportPlanArgs) -> Result<ExitCode, CliError> {
    let planned = read_plan(&args).await?;
    writeln!(std::io::stderr(), "{}", understood(&planned))?;
    let store = Store::open(&args.database).await?;
    let now = SystemClock::start().now();
    let starts_at = args
        .starts_at
        .map_or_else(|| now.plus_seconds(STARTS_IN_SECONDS), timestamp);
    let new = NewShowtime {
        id: fresh_ids::showtime(now),
        event: None,
        title: &args.showtime_title,
        starts_at,
        by: By::COMMAND_LINE,
        spec: &planned.spec,
        terms: &usual_terms(starts_at),
        request: None,
    };
    let created = showtimes::create_built(&store.showtimes, &new, &planned.layout, now).await;
    store.close().await?;
    match created.map_err(CliError::other)? {
        Created::New | Created::Replayed(_) => print(&new.id.to_string()),
        // Only a request with a key can meet another of the same key.
        Created::KeyReused => Err(CliError::other("the showtime was not created")),
    }
}

async fn read_plan(args: &ImportPlanArgs) -> Result<PlannedLayout, CliError> {
    let file = args.file.display();
    let bytes = tokio::fs::read(&args.file).await;
    let bytes = bytes.map_err(|error| CliError::Other(format!("{file}: {error}")))?;
    let mut terms = PlanTerms {
        stage: args.stage,
        ..PlanTerms::default()
    };
    for text in &args.prices {
        let (tier, price) = price(text, &args.currency)?;
        if terms.prices.add(tier.as_str(), price).is_err() {
            let message = format!("--price names {tier:?} twice; which of the prices is meant?");
            return Err(CliError::Other(message));
        }
    }
    showtimes::read_plan(&bytes, &terms).map_err(|error| match error {
        PlanError::Malformed(error) => CliError::Other(format!("{file}: {error}")),
        PlanError::Faults(faults) => {
            let lines = faults.iter().map(|fault| format!("{file}: {fault}"));
            CliError::Other(lines.collect::<Vec<_>>().join("\n"))
        }
    })
}

/// How the plan was understood, for whoever imports it to look at.
fn understood(planned: &PlannedLayout) -> String {
    let stage = match (planned.stage, planned.spec.stage) {
        (StageFrom::Stages, _) => "each section's own".to_owned(),
        (StageFrom::Top, _) | (_, None) => "at the top".to_owned(),
        (from, Some(stage)) => {
            let (x, y) = (f64::from(stage.x) / 100.0, f64::from(stage.y) / 100.0);
            format!("{x},{y}, from the {}", from.as_str())
        }
    };
    let layout = &planned.layout;
    let best = layout.best_rows().map(|row| {
        let section = &layout.section(row.section).code;
        format!("the best row of {section:?} is {:?}", &*row.label)
    });
    let best: Vec<String> = best.collect();
    format!("the stage is {stage}\n{}", best.join("\n"))
}

fn point(text: &str) -> Result<Point, String> {
    let read = |text: &str| {
        text.trim()
            .parse::<f64>()
            .ok()
            .filter(|value| value.is_finite())
    };
    let point = text.split_once(',').and_then(|(x, y)| {
        let (x, y) = (read(x)?, read(y)?);
        Some(Point { x, y })
    });
    point.ok_or_else(|| "must be two numbers with a comma between them, such as 500,20".to_owned())
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    text.parse().map_err(|_error| {
        "must be a time with its offset from UTC (RFC 3339), such as 2027-01-31T19:30:00Z or \
         2027-01-31T19:30:00+01:00"
            .to_owned()
    })
}

/// The last sign of equality divides, because a category's name may have one.
fn price(text: &str, currency: &str) -> Result<(String, Option<Money>), CliError> {
    let parsed = text.rsplit_once('=').and_then(|(tier, amount)| {
        let price = match amount.trim() {
            "none" => None,
            amount => Some(Money {
                amount: amount.parse().ok()?,
                currency: currency.to_owned(),
            }),
        };
        Some((tier.to_owned(), price))
    });
    parsed.ok_or_else(|| {
        let hint = "is not TIER=AMOUNT with a whole number of minor units, or TIER=none";
        CliError::Other(format!("--price {text:?} {hint}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_an_offset_is_refused_with_one_that_is_right() {
        assert!(time("2027-01-31T19:30:00+01:00").is_ok());
        for text in ["2027-01-31T19:30:00", "2027-01-31", "soon", ""] {
            let refusal = time(text).unwrap_err();
            assert!(
                refusal.contains("such as 2027-01-31T19:30:00Z"),
                "{refusal}"
            );
        }
    }
}
