//! `fullhouse token`: a token for a role, and nothing else on standard output; and the end of all
//! tokens of somebody.

use std::io::Write;
use std::process::ExitCode;

use actors::clock::{Clock, SystemClock};
use clap::Args;
use journal::causes::Causes;
use persistence::revocations::REVOCATIONS_MAX;
use uuid::Uuid;

use super::error::CliError;
use super::output::print;
use crate::accounts::{Caller, Role};
use crate::config::{DatabaseConfig, SecretsConfig, Stage};
use crate::fresh_ids;
use crate::server::database::Store;

/// For whom and how long.
#[derive(Debug, Args)]
pub(super) struct TokenArgs {
    /// What its bearer may do.
    #[arg(long, value_enum)]
    role: Role,
    /// Who its bearer is; somebody new when it is left out.
    #[arg(long)]
    subject: Option<Uuid>,
    /// How long it is valid, in seconds: at most 30 days, and when it is left out a day for buyers
    /// and eight hours for the house.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=TTL_SECONDS_MAX))]
    ttl: Option<u32>,
    #[command(flatten)]
    secrets: SecretsConfig,
}

/// A leaked token is good for as long, unless somebody notices.
const TTL_SECONDS_MAX: i64 = 30 * 24 * 60 * 60;
const BUYER_TTL_SECONDS: u32 = 24 * 60 * 60;
/// A working day.
const HOUSE_TTL_SECONDS: u32 = 8 * 60 * 60;

/// Prints the token.
pub(super) fn run(args: &TokenArgs) -> Result<ExitCode, CliError> {
    args.secrets.validate(Stage::PrivateDemo)?;
    if !args.secrets.is_set()? {
        let hint = "signed with the demo secret: good for `fullhouse serve --demo` only";
        writeln!(std::io::stderr().lock(), "{hint}")?;
    }
    let now = SystemClock::start().now();
    let caller = Caller {
        subject: args.subject.unwrap_or_else(|| fresh_ids::uuid(now)),
        role: args.role,
    };
    let usual = if args.role.is_house() {
        HOUSE_TTL_SECONDS
    } else {
        BUYER_TTL_SECONDS
    };
    let tokens = args.secrets.tokens()?;
    let token = tokens.mint(caller, now, args.ttl.unwrap_or(usual));
    print(&token.map_err(CliError::other)?)
}

/// Whose tokens are to be refused.
#[derive(Debug, Args)]
pub(super) struct RevokeArgs {
    /// Whose, as their tokens say it.
    #[arg(long)]
    subject: Uuid,
    #[command(flatten)]
    database: DatabaseConfig,
}

/// Refuses every token of a subject that was issued until now.
pub(super) async fn revoke(args: &RevokeArgs) -> Result<ExitCode, CliError> {
    let store = Store::open(&args.database).await?;
    // Tokens say the second in which they were issued, and this one is over when it ends.
    let since = SystemClock::start().now().plus_seconds(1);
    let revoked = store.revocations.revoke(args.subject, since).await;
    store.close().await?;
    if !revoked.map_err(|error| CliError::other(Causes(&error)))? {
        return Err(CliError::Other(format!(
            "tokens of {REVOCATIONS_MAX} subjects are revoked already; change FULLHOUSE_JWT_SECRET"
        )));
    }
    print("revoked; servers refuse them within seconds")
}
