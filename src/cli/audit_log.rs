//! `fullhouse audit-log`: who did what, for whoever keeps it elsewhere.

use std::io::Write;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use persistence::audit_log::{LogFilter, LogOrder};
use seating::timestamp::Timestamp;

use super::error::CliError;
use crate::config::DatabaseConfig;
use crate::server::database::Store;
use crate::wire::logged::LoggedView;
use crate::wire::timestamp;

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub(super) enum AuditLogCommand {
    /// Print it, the oldest entry first, one JSON object per line.
    Export(ExportArgs),
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Not before this point in time, such as 2027-01-31T18:00:00Z.
    #[arg(long)]
    from: Option<DateTime<Utc>>,
    /// Before this.
    #[arg(long)]
    until: Option<DateTime<Utc>>,
    #[command(flatten)]
    database: DatabaseConfig,
}

/// Rows fetched at once.
const PAGE: u32 = 1_000;

/// Runs the subcommand; returns the exit code of the process.
pub(super) async fn run(command: AuditLogCommand) -> Result<ExitCode, CliError> {
    match command {
        AuditLogCommand::Export(args) => {
            let store = Store::open_to_read(&args.database).await?;
            let times = (args.from.map(timestamp), args.until.map(timestamp));
            let exported = export(&store, times).await;
            store.close().await?;
            exported
        }
    }
}

async fn export(
    store: &Store,
    (from, until): (Option<Timestamp>, Option<Timestamp>),
) -> Result<ExitCode, CliError> {
    let mut beyond = None;
    loop {
        let filter = LogFilter {
            from,
            until,
            beyond,
            ..LogFilter::default()
        };
        let page = store.audit_log.page(filter, LogOrder::OldestFirst, PAGE);
        let page = page.await.map_err(CliError::other)?;
        let mut lines = Vec::new();
        for logged in &page {
            let line = serde_json::to_vec(&LoggedView::of(logged)).map_err(CliError::other)?;
            lines.extend_from_slice(&line);
            lines.push(b'\n');
        }
        std::io::stdout().lock().write_all(&lines)?;
        match page.last() {
            Some(last) if page.len() == PAGE as usize => beyond = Some((last.at, last.id)),
            _ => return Ok(ExitCode::SUCCESS),
        }
    }
}
