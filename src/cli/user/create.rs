//! `fullhouse user create`.

use std::path::PathBuf;
use std::process::ExitCode;

use actors::clock::{Clock, SystemClock};
use clap::Args;
use persistence::accounts::{FollowUp, NewAccount};
use persistence::audit_log::By;
use rand::RngExt;
use serde_json::json;

use super::failed;
use crate::accounts::{self, Passwords, Role};
use crate::cli::error::CliError;
use crate::cli::output::print;
use crate::config::{AccountsConfig, DatabaseConfig};
use crate::fresh_ids;
use crate::server::database::Store;
use crate::wire::composed::composed;

/// Who gets an account.
#[derive(Debug, Args)]
pub(in crate::cli) struct CreateArgs {
    /// Their address, for which you vouch.
    #[arg(long)]
    email: String,
    /// What they are called.
    #[arg(long)]
    name: String,
    /// What they may do.
    #[arg(long, value_enum, default_value_t = Role::User)]
    role: Role,
    /// File with their password in its first line; `-` is standard input. One is made when it is left out.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    accounts: Box<AccountsConfig>,
    #[command(flatten)]
    database: DatabaseConfig,
}

/// Characters that nobody mistakes for one another.
const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const MADE_CHARS: usize = 20;

/// Creates the account and prints it, with its password if that was made.
pub(in crate::cli) async fn run(args: CreateArgs) -> Result<ExitCode, CliError> {
    let refuse = |field: &str, reason: String| CliError::Other(format!("--{field}: {reason}"));
    accounts::email(&args.email).map_err(|reason| refuse("email", reason))?;
    accounts::name(&args.name).map_err(|reason| refuse("name", reason))?;
    // As somebody's browser may send them: composed, like everything that comes in over HTTP.
    let name = composed(&args.name);
    let given = match &args.password_file {
        Some(path) => Some(composed(&read(path).await?).into_owned()),
        None => None,
    };
    let password = given.clone().unwrap_or_else(made);
    accounts::new_password(&password).map_err(|reason| refuse("password-file", reason))?;
    let passwords = Passwords::start(1, 1, args.accounts.cost());
    let hash = passwords?.hash(password.clone().into()).await;
    let hash = hash.map_err(CliError::other)?;
    let store = Store::open(&args.database).await?;
    let now = SystemClock::start().now();
    let new = NewAccount {
        id: fresh_ids::uuid(now),
        email: &args.email,
        email_key: &accounts::email_key(&args.email),
        email_verified_at: Some(now),
        name: &name,
        phone: None,
        role: args.role.as_str(),
        password_hash: Some(&hash),
    };
    let follow_up = FollowUp::default().by(By::COMMAND_LINE);
    let nothing = (None, None);
    let created = store.accounts.create(&new, nothing, follow_up, now).await;
    store.close().await?;
    if created.map_err(failed)?.is_none() {
        return Err(CliError::Other(format!(
            "{} has an account already: see `fullhouse user role` to give it another role",
            args.email
        )));
    }
    let mut said = json!({
        "user_id": new.id, "email": args.email, "role": args.role.as_str(),
    });
    if given.is_none() {
        said["password"] = password.into();
    }
    print(&said.to_string())
}

async fn read(path: &std::path::Path) -> Result<String, CliError> {
    let shown = path.display();
    let text = if path.as_os_str() == "-" {
        tokio::task::spawn_blocking(|| std::io::read_to_string(std::io::stdin()))
            .await
            .map_err(CliError::other)?
    } else {
        tokio::fs::read_to_string(path).await
    };
    let text = text.map_err(|error| CliError::Other(format!("{shown}: {error}")))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn made() -> String {
    let mut random = rand::rng();
    let pick = |_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())]);
    (0..MADE_CHARS).map(pick).collect()
}
