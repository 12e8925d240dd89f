//! `fullhouse import-plan`: a showtime from a seating plan in pretix's JSON format.

use std::path::PathBuf;
use std::process::ExitCode;

use actors::clock::{Clock, SystemClock};
use chrono::{DateTime, Utc};
use clap::Args;
use persistence::showtimes::Created;
use seating::layout_spec::{LayoutSpec, Money};

use super::{CliError, print};
use crate::config::DatabaseConfig;
use crate::http::wire::timestamp;
use crate::mint;
use crate::new_showtime::{self, Draft, usual_settings};
use crate::plan::{self, PlanDocument, Prices};
use crate::store::Store;

/// Which plan, and how it is sold.
#[derive(Debug, Args)]
pub(super) struct ImportPlanArgs {
    /// The plan, as pretix's editor exports it.
    file: PathBuf,
    /// What is performed.
    #[arg(long)]
    showtime_title: String,
    /// What a category of the plan costs, in minor units; once for each category in use.
    #[arg(long = "price", value_name = "TIER=AMOUNT", required = true)]
    prices: Vec<String>,
    /// The prices' currency, three capital letters (ISO 4217).
    #[arg(long, default_value = "INR")]
    currency: String,
    /// When it begins, such as 2027-01-31T19:30:00Z; thirty days from now when it is left out.
    #[arg(long)]
    starts_at: Option<DateTime<Utc>>,
    #[command(flatten)]
    database: DatabaseConfig,
}

const STARTS_IN_SECONDS: u32 = 30 * 24 * 60 * 60;

/// Creates the showtime and prints its id.
pub(super) async fn run(args: ImportPlanArgs) -> Result<ExitCode, CliError> {
    let spec = read_plan(&args).await?;
    let store = Store::open(&args.database).await?;
    let now = SystemClock::start().now();
    let starts_at = args
        .starts_at
        .map_or_else(|| now.plus_seconds(STARTS_IN_SECONDS), timestamp);
    let draft = Draft {
        id: mint::showtime(now),
        event: None,
        title: &args.showtime_title,
        starts_at,
        created_by: None,
        spec: &spec,
        settings: &usual_settings(starts_at),
        request: None,
    };
    let created = new_showtime::create(&store.showtimes, &draft, now).await;
    store.close().await?;
    match created.map_err(CliError::other)? {
        Created::New | Created::Replayed(_) => print(&draft.id.to_string()),
        // Only a request with a key can meet another of the same key.
        Created::KeyReused => Err(CliError::other("the showtime was not created")),
    }
}

async fn read_plan(args: &ImportPlanArgs) -> Result<LayoutSpec, CliError> {
    let file = args.file.display();
    let bytes = tokio::fs::read(&args.file).await;
    let bytes = bytes.map_err(|error| CliError::Other(format!("{file}: {error}")))?;
    let mut reader = serde_json::Deserializer::from_slice(&bytes);
    let document: Result<PlanDocument, _> = serde_path_to_error::deserialize(&mut reader);
    let document = document.map_err(|error| CliError::Other(format!("{file}: {error}")))?;
    let prices: Result<Prices, CliError> = args
        .prices
        .iter()
        .map(|text| price(text, &args.currency))
        .collect();
    plan::to_spec(&document, &prices?).map_err(|error| CliError::Other(format!("{file}: {error}")))
}

/// The last sign of equality divides, because a category's name may have one.
fn price(text: &str, currency: &str) -> Result<(String, Money), CliError> {
    let parsed = text.rsplit_once('=').and_then(|(tier, amount)| {
        let money = Money {
            amount: amount.trim().parse().ok()?,
            currency: currency.to_owned(),
        };
        Some((tier.to_owned(), money))
    });
    parsed.ok_or_else(|| {
        let hint = "is not TIER=AMOUNT with a whole number of minor units";
        CliError::Other(format!("--price {text:?} {hint}"))
    })
}
