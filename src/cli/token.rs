//! `fullhouse token`: a token for a role, and nothing else on standard output.

use std::io::Write;
use std::process::ExitCode;

use actors::clock::{Clock, SystemClock};
use clap::Args;
use uuid::Uuid;

use super::error::CliError;
use super::output::print;
use crate::accounts::{Caller, Role};
use crate::config::{SecretsConfig, Stage};
use crate::fresh_ids;

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
    /// and eight hours for staff.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=TTL_SECONDS_MAX))]
    ttl: Option<u32>,
    #[command(flatten)]
    secrets: SecretsConfig,
}

/// A leaked token is good for as long, unless somebody notices.
pub(super) const TTL_SECONDS_MAX: i64 = 30 * 24 * 60 * 60;
const BUYER_TTL_SECONDS: u32 = 24 * 60 * 60;
/// A working day.
const STAFF_TTL_SECONDS: u32 = 8 * 60 * 60;

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
    let usual = if args.role.is_staff() {
        STAFF_TTL_SECONDS
    } else {
        BUYER_TTL_SECONDS
    };
    let tokens = args.secrets.tokens()?;
    let token = tokens.mint(caller, now, args.ttl.unwrap_or(usual));
    print(&token.map_err(CliError::other)?)
}
