//! `fullhouse journal`: what happened, and whether everything adds up.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use journal::Journal;
use persistence::journal::PgJournal;
use seating::ids::{Seq, ShowtimeId};
use seating::seat_layout::SeatLayout;
use serde::Serialize;

use super::error::CliError;
use crate::config::DatabaseConfig;
use crate::server::database::Store;
use crate::showtimes::Report;
use crate::wire::journal_entry::EntryView;

/// What to do with the journal.
#[derive(Debug, Subcommand)]
pub(super) enum JournalCommand {
    /// Print a showtime's events, one JSON object per line.
    Show(ShowArgs),
    /// Replay every showtime and check all that the tables can show; exit code 1 on a difference.
    Verify(DatabaseConfig),
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The showtime's id.
    showtime: ShowtimeId,
    #[command(flatten)]
    database: DatabaseConfig,
}

/// Rows fetched at once.
const PAGE: u32 = 1_000;

/// Does what was asked.
pub(super) async fn run(command: JournalCommand) -> Result<ExitCode, CliError> {
    match command {
        JournalCommand::Show(args) => {
            let store = Store::open_to_read(&args.database).await?;
            let shown = show(&store, args.showtime).await;
            store.close().await?;
            shown
        }
        JournalCommand::Verify(config) => {
            let store = Store::open_to_read(&config).await?;
            let verified = verify(&store).await;
            store.close().await?;
            verified
        }
    }
}

async fn show(store: &Store, id: ShowtimeId) -> Result<ExitCode, CliError> {
    let layout = store.showtimes.layout(id).await.map_err(CliError::other)?;
    let (_version, spec) = layout.ok_or_else(|| CliError::Other(format!("no showtime {id}")))?;
    let layout = SeatLayout::build(&spec).map_err(CliError::other)?;
    let mut after = Seq::ZERO;
    loop {
        let page = store
            .showtimes
            .journal_page(id, after, PAGE)
            .await
            .map_err(CliError::other)?;
        let mut lines = Vec::new();
        for stored in &page {
            write_line(&mut lines, &EntryView::of(&layout, &stored.entry))?;
        }
        std::io::stdout().lock().write_all(&lines)?;
        match page.last() {
            Some(last) if page.len() == PAGE as usize => after = last.entry.seq,
            _ => return Ok(ExitCode::SUCCESS),
        }
    }
}

/// The last line of a verification.
#[derive(Debug, Default, Serialize)]
struct Summary {
    showtimes: u64,
    inconsistent: u64,
    events: u64,
    bookings: usize,
    double_sales: usize,
    consistent: bool,
}

async fn verify(store: &Store) -> Result<ExitCode, CliError> {
    let journal: Arc<dyn Journal> = Arc::<PgJournal>::clone(&store.journal);
    let auditor = store.auditor(journal);
    let mut summary = Summary::default();
    let mut after = None;
    loop {
        let ids = store
            .showtimes
            .ids(after, PAGE)
            .await
            .map_err(CliError::other)?;
        for &id in &ids {
            let report = auditor.audit(id, None).await.map_err(CliError::other)?;
            if let Some(report) = report {
                summary.add(&report);
                print_json(&report)?;
            }
        }
        after = ids.last().copied();
        if ids.len() < PAGE as usize {
            break;
        }
    }
    if summary.showtimes == 0 {
        return Err(CliError::other(
            "there is nothing to verify: the database has no showtimes",
        ));
    }
    summary.consistent = summary.inconsistent == 0;
    print_json(&summary)?;
    Ok(if summary.consistent {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Summary {
    fn add(&mut self, report: &Report) {
        self.showtimes += 1;
        self.inconsistent += u64::from(!report.consistent);
        self.events += report.seq;
        self.bookings += report.bookings;
        self.double_sales += report.double_sales;
    }
}

fn print_json(value: &impl Serialize) -> Result<(), CliError> {
    let mut line = Vec::new();
    write_line(&mut line, value)?;
    Ok(std::io::stdout().lock().write_all(&line)?)
}

fn write_line(lines: &mut Vec<u8>, value: &impl Serialize) -> Result<(), CliError> {
    serde_json::to_writer(&mut *lines, value).map_err(CliError::other)?;
    lines.push(b'\n');
    Ok(())
}
