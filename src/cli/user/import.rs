//! `fullhouse user import`: accounts of another system, if no line of their file is wrong.
//!
//! They are created some at a time. When the database fails in between, running it again goes on where
//! it stopped, because whoever has an account keeps it.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use actors::clock::{Clock, SystemClock};
use clap::Args;
use persistence::accounts::ImportedAccount;
use seating::timestamp::Timestamp;

use super::failed;
use crate::accounts::{ImportLine, read_import};
use crate::cli::error::CliError;
use crate::config::DatabaseConfig;
use crate::fresh_ids;
use crate::server::database::Store;

/// Which accounts.
#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArgs {
    /// CSV with a first line that names its columns: `email`, `name`, and if there are any `phone`,
    /// `password_hash` (bcrypt's or argon2's) and `email_verified` (`true` or `false`).
    file: PathBuf,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    database: DatabaseConfig,
}

/// Accounts that are created with one statement.
const BATCH: usize = 1_000;

/// Reads the whole file, says what is wrong with which line, and creates the accounts if nothing is.
pub(in crate::cli) async fn run(args: ImportArgs) -> Result<ExitCode, CliError> {
    let shown = args.file.display();
    let text = tokio::fs::read(&args.file).await;
    let text = text.map_err(|error| CliError::Other(format!("{shown}: {error}")))?;
    let good = sorted_out(&text, &shown.to_string())?;
    let store = Store::open(&args.database).await?;
    let outcome = import(&store, &good, args.dry_run).await;
    store.close().await?;
    let (created, known) = outcome?;
    let did = if args.dry_run {
        "would be created"
    } else {
        "were created"
    };
    let mut output = std::io::stdout().lock();
    writeln!(output, "{created} accounts {did}; {known} have one already")?;
    Ok(ExitCode::SUCCESS)
}

/// The accounts of a file, if all of its lines are right; else says of each wrong one what it is.
fn sorted_out(text: &[u8], shown: &str) -> Result<Vec<ImportLine>, CliError> {
    let mut report = std::io::stderr().lock();
    let mut good = Vec::new();
    let mut bad: usize = 0;
    for line in read_import(text) {
        match line {
            Ok(line) => good.push(line),
            Err(wrong) => {
                bad += 1;
                writeln!(report, "{shown}: {wrong}")?;
            }
        }
    }
    if bad == 0 {
        return Ok(good);
    }
    let fine = good.len();
    Err(CliError::Other(format!(
        "{bad} lines are wrong and {fine} are fine; nothing was imported"
    )))
}

/// How many were created, or would be, and how many have an account already.
async fn import(
    store: &Store,
    lines: &[ImportLine],
    dry_run: bool,
) -> Result<(usize, usize), CliError> {
    let now = SystemClock::start().now();
    let (mut created, mut known) = (0, 0);
    for batch in lines.chunks(BATCH) {
        if dry_run {
            let keys: Vec<String> = batch.iter().map(|line| line.email_key.clone()).collect();
            let found = store.accounts.known(&keys).await.map_err(failed)?.len();
            (created, known) = (created + batch.len() - found, known + found);
            continue;
        }
        let accounts: Vec<_> = batch.iter().map(|line| account(line, now)).collect();
        let new = store
            .accounts
            .import(&accounts, now)
            .await
            .map_err(failed)?;
        (created, known) = (created + new.len(), known + batch.len() - new.len());
    }
    Ok((created, known))
}

fn account(line: &ImportLine, now: Timestamp) -> ImportedAccount {
    ImportedAccount {
        id: fresh_ids::uuid(now),
        email: line.email.clone(),
        email_key: line.email_key.clone(),
        email_verified_at: line.email_verified.then_some(now),
        name: line.name.clone(),
        phone: line.phone.clone(),
        password_hash: line.password_hash.clone(),
    }
}
