//! `fullhouse token`: a token for a role, and nothing else on standard output.

use std::io::Write;
use std::process::ExitCode;

use actors::clock::{Clock, SystemClock};
use clap::Args;
use uuid::Uuid;

use super::{CliError, print};
use crate::auth::{Caller, Role, Tokens};
use crate::config::SecretsConfig;
use crate::mint;

/// For whom and how long.
#[derive(Debug, Args)]
pub(super) struct TokenArgs {
    /// What its bearer may do.
    #[arg(long, value_enum)]
    role: Role,
    /// Who its bearer is; somebody new when it is left out.
    #[arg(long)]
    subject: Option<Uuid>,
    /// How long it is valid, in seconds.
    #[arg(long, default_value_t = 86_400, value_parser = clap::value_parser!(u32).range(1..=315_360_000))]
    ttl: u32,
    #[command(flatten)]
    secrets: SecretsConfig,
}

/// Prints the token.
pub(super) fn run(args: &TokenArgs) -> Result<ExitCode, CliError> {
    args.secrets.validate(true)?;
    if args.secrets.own_jwt_secret().is_none() {
        let hint = "signed with the demo secret: good for `fullhouse serve --demo` only";
        writeln!(std::io::stderr().lock(), "{hint}")?;
    }
    let now = SystemClock::start().now();
    let caller = Caller {
        subject: args.subject.unwrap_or_else(|| mint::uuid(now)),
        role: args.role,
    };
    let tokens = Tokens::new(&args.secrets.jwt_secret());
    print(
        &tokens
            .mint(caller, now, args.ttl)
            .map_err(CliError::other)?,
    )
}
