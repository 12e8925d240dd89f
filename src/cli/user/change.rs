//! `fullhouse user role`, `block`, `unblock` and `revoke`.

use std::process::ExitCode;

use actors::clock::{Clock, SystemClock};
use clap::Args;
use persistence::accounts::FollowUp;
use persistence::audit_log::By;
use persistence::revocations::{REVOCATIONS_MAX, TokensEnd};
use seating::timestamp::Timestamp;
use uuid::Uuid;

use super::{failed, named};
use crate::accounts::Role;
use crate::cli::error::CliError;
use crate::cli::output::print;
use crate::cli::token::TTL_SECONDS_MAX;
use crate::config::DatabaseConfig;
use crate::server::database::Store;

/// Who gets which role.
#[derive(Debug, Args)]
pub(in crate::cli) struct RoleArgs {
    /// Their email address, or the id of their account.
    who: String,
    /// What they may do.
    #[arg(value_enum)]
    role: Role,
    #[command(flatten)]
    database: DatabaseConfig,
}

/// Who is kept out.
#[derive(Debug, Args)]
pub(in crate::cli) struct BlockArgs {
    /// Their email address, or the id of their account.
    who: String,
    /// Refuse the tokens they have as well, within seconds; otherwise those live out their minutes.
    #[arg(long)]
    now: bool,
    #[command(flatten)]
    database: DatabaseConfig,
}

/// Who is let in again.
#[derive(Debug, Args)]
pub(in crate::cli) struct UnblockArgs {
    /// Their email address, or the id of their account.
    who: String,
    #[command(flatten)]
    database: DatabaseConfig,
}

/// Whose tokens are to be refused.
#[derive(Debug, Args)]
pub(in crate::cli) struct RevokeArgs {
    /// Their email address, or the subject that their tokens name, which need not have an account.
    who: String,
    #[command(flatten)]
    database: DatabaseConfig,
}

/// Gives somebody a role.
pub(in crate::cli) async fn role(args: RoleArgs) -> Result<ExitCode, CliError> {
    let store = Store::open(&args.database).await?;
    let account = named(&store.accounts, &args.who).await;
    let changed = match account {
        Ok(account) => {
            let role = args.role.as_str();
            let accounts = &store.accounts;
            let set = accounts.set_role(account.id, role, by_command_line(), now());
            set.await.map_err(failed)
        }
        Err(error) => Err(error),
    };
    store.close().await?;
    changed?;
    print("changed; their tokens have the role from the next refresh on")
}

/// Keeps somebody out.
pub(in crate::cli) async fn block(args: BlockArgs) -> Result<ExitCode, CliError> {
    let store = Store::open(&args.database).await?;
    let blocked = set_blocked(&store, &args.who, true).await;
    let revoked = match (&blocked, args.now) {
        (Ok(account), true) => revoke_tokens(&store, *account).await,
        (Ok(_) | Err(_), _) => Ok(()),
    };
    store.close().await?;
    blocked.and_then(|_| revoked.map(drop))?;
    print(if args.now {
        "blocked; servers refuse their tokens within seconds"
    } else {
        "blocked; the tokens they have live out their minutes"
    })
}

/// Lets somebody in again.
pub(in crate::cli) async fn unblock(args: UnblockArgs) -> Result<ExitCode, CliError> {
    let store = Store::open(&args.database).await?;
    let unblocked = set_blocked(&store, &args.who, false).await;
    store.close().await?;
    unblocked?;
    print("unblocked")
}

/// Refuses every token of a subject that was issued until now, and ends their sessions.
pub(in crate::cli) async fn revoke(args: RevokeArgs) -> Result<ExitCode, CliError> {
    let store = Store::open(&args.database).await?;
    let subject = match args.who.parse::<Uuid>() {
        Ok(id) => Ok(id),
        Err(_no_id) => named(&store.accounts, &args.who).await.map(|it| it.id),
    };
    let revoked = match subject {
        Ok(subject) => {
            let ended = end_sessions(&store, subject).await;
            match ended {
                Ok(_) => revoke_tokens(&store, subject).await,
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(error),
    };
    store.close().await?;
    revoked?;
    print("revoked; servers refuse them within seconds")
}

async fn set_blocked(store: &Store, who: &str, blocked: bool) -> Result<Uuid, CliError> {
    let account = named(&store.accounts, who).await?;
    let accounts = &store.accounts;
    let set = accounts.set_blocked(account.id, blocked, by_command_line(), now());
    set.await.map_err(failed)?;
    Ok(account.id)
}

/// The sessions' own tokens are refused with all others of the subject.
async fn end_sessions(store: &Store, subject: Uuid) -> Result<u64, CliError> {
    let (at, follow_up) = (now(), by_command_line());
    let ended = store
        .accounts
        .end_sessions(subject, at, follow_up, at)
        .await;
    ended.map_err(failed)
}

async fn revoke_tokens(store: &Store, subject: Uuid) -> Result<(), CliError> {
    // Tokens say the second in which they were issued, and this one is over when it ends.
    let not_before = now().plus_seconds(1);
    let longest = u32::try_from(TTL_SECONDS_MAX).unwrap_or(u32::MAX);
    let end = TokensEnd {
        not_before,
        forget_at: not_before.plus_seconds(longest.saturating_add(60)),
    };
    if store
        .revocations
        .revoke(subject, end, (By::COMMAND_LINE, now()))
        .await
        .map_err(failed)?
    {
        return Ok(());
    }
    Err(CliError::Other(format!(
        "tokens of {REVOCATIONS_MAX} subjects are revoked already; change FULLHOUSE_JWT_SECRET"
    )))
}

fn by_command_line() -> FollowUp<'static> {
    FollowUp::default().by(By::COMMAND_LINE)
}

fn now() -> Timestamp {
    SystemClock::start().now()
}
