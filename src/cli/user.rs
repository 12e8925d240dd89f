//! `fullhouse user`: accounts, looked after by whoever runs the program.

mod change;
mod create;
mod import;
mod list;

use std::process::ExitCode;

use clap::Subcommand;
use journal::causes::Causes;
use persistence::accounts::{Account, AccountFilter, Accounts};
use persistence::error::StoreError;
use uuid::Uuid;

use super::error::CliError;
use crate::accounts;

/// What is to be done with accounts.
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Create an account; without a password given, one is made and printed.
    Create(create::CreateArgs),
    /// List accounts, the newest first, as JSON lines.
    List(list::ListArgs),
    /// Give somebody a role; their tokens have it from the next refresh on.
    Role(change::RoleArgs),
    /// Keep somebody out: they cannot sign in or refresh, and with --now their tokens end too.
    Block(change::BlockArgs),
    /// Let somebody in again.
    Unblock(change::UnblockArgs),
    /// Refuse every token that somebody has, from now on, and end their sessions.
    Revoke(change::RevokeArgs),
    /// Create accounts from another system's, with its hashes of passwords.
    Import(import::ImportArgs),
}

/// Does it.
pub(super) async fn run(command: UserCommand) -> Result<ExitCode, CliError> {
    match command {
        UserCommand::Create(args) => create::run(args).await,
        UserCommand::List(args) => list::run(args).await,
        UserCommand::Role(args) => change::role(args).await,
        UserCommand::Block(args) => change::block(args).await,
        UserCommand::Unblock(args) => change::unblock(args).await,
        UserCommand::Revoke(args) => change::revoke(args).await,
        UserCommand::Import(args) => import::run(args).await,
    }
}

/// The account that an email address or an id names.
async fn named(accounts: &Accounts, who: &str) -> Result<Account, CliError> {
    let found = match who.parse::<Uuid>() {
        Ok(id) => accounts.get(id).await.map_err(failed)?,
        Err(_no_id) => {
            let key = accounts::email_key(who);
            let filter = AccountFilter {
                email_key: Some(&key),
                ..AccountFilter::default()
            };
            accounts.list(filter, 1).await.map_err(failed)?.pop()
        }
    };
    found.ok_or_else(|| CliError::Other(format!("there is no account {who:?}")))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is the end of an error, given to map_err"
)]
fn failed(error: StoreError) -> CliError {
    CliError::other(Causes(&error))
}
