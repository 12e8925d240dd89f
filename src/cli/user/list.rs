//! `fullhouse user list`.

use std::io::Write;
use std::process::ExitCode;

use clap::Args;
use persistence::accounts::{Account, AccountFilter};

use super::failed;
use crate::accounts::{self, Role};
use crate::cli::error::CliError;
use crate::config::DatabaseConfig;
use crate::http::auth::UserView;
use crate::server::database::Store;

/// Which accounts.
#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    /// Only those of this role.
    #[arg(long, value_enum)]
    role: Option<Role>,
    /// Only whoever has this address.
    #[arg(long)]
    email: Option<String>,
    /// How many at most.
    #[arg(long, default_value_t = 100)]
    limit: u32,
    #[command(flatten)]
    database: DatabaseConfig,
}

/// Accounts that are read at once.
const PAGE: u32 = 1_000;

/// Prints a line for each.
pub(in crate::cli) async fn run(args: ListArgs) -> Result<ExitCode, CliError> {
    let store = Store::open_to_read(&args.database).await?;
    let listed = list(&store, &args).await;
    store.close().await?;
    listed.map(|()| ExitCode::SUCCESS)
}

async fn list(store: &Store, args: &ListArgs) -> Result<(), CliError> {
    let key = args.email.as_deref().map(accounts::email_key);
    let mut after = None;
    let mut left = args.limit;
    while left > 0 {
        let filter = AccountFilter {
            role: args.role.map(Role::as_str),
            email_key: key.as_deref(),
            after,
        };
        let page = store.accounts.list(filter, left.min(PAGE)).await;
        let page = page.map_err(failed)?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        left -= u32::try_from(page.len()).unwrap_or(left).min(left);
        write(&page)?;
    }
    Ok(())
}

fn write(page: &[Account]) -> Result<(), CliError> {
    let mut output = std::io::stdout().lock();
    for account in page {
        let role = account.role.parse().map_err(CliError::Other)?;
        let line = serde_json::to_string(&UserView::of(account, role));
        writeln!(output, "{}", line.map_err(CliError::other)?)?;
    }
    Ok(())
}
