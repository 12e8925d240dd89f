//! The commands of the program.

mod import_plan;
mod journal;
mod serve;
mod token;

use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{Config, ConfigError, DatabaseConfig, LogConfig};
use crate::http::openapi;
use crate::server::StartError;
use crate::server::database::{OpenError, Store};

/// Sells the seats of a showtime, each exactly once.
#[derive(Debug, Parser)]
#[command(name = "fullhouse", version, about)]
pub struct Cli {
    /// What is logged, and how.
    #[command(flatten)]
    pub logs: LogConfig,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve(Box<Config>),
    /// Bring the database's tables up to date.
    Migrate(DatabaseConfig),
    /// Print a token for a role.
    Token(token::TokenArgs),
    /// Refuse every token that somebody has, from now on.
    RevokeTokens(Box<token::RevokeArgs>),
    /// Look into the journal.
    #[command(subcommand)]
    Journal(journal::JournalCommand),
    /// Create a showtime from a seating plan in pretix's JSON format.
    ImportPlan(Box<import_plan::ImportPlanArgs>),
    /// Print the API's description (OpenAPI 3.1).
    Openapi,
    /// Ask a running server whether it is ready; the exit code is the answer.
    Healthcheck(HealthcheckArgs),
}

#[derive(Debug, Args)]
struct HealthcheckArgs {
    /// Address of the operations port.
    #[arg(long, env = "FULLHOUSE_OPS_ADDR", default_value = "127.0.0.1:9091")]
    ops_addr: SocketAddr,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The settings do not fit.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database is not there.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The server did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Writing to standard output failed.
    #[error("standard output: {0}")]
    Output(#[from] std::io::Error),
    /// Anything that a person should read and act on.
    #[error("{0}")]
    Other(String),
}

impl CliError {
    fn other(error: impl std::fmt::Display) -> Self {
        Self::Other(error.to_string())
    }
}

impl Cli {
    /// Does what was asked.
    pub async fn run(self) -> Result<ExitCode, CliError> {
        match self.command {
            Command::Serve(config) => Box::pin(serve::run(*config)).await,
            Command::Migrate(config) => migrate(&config).await,
            Command::Token(args) => token::run(&args),
            Command::RevokeTokens(args) => token::revoke(&args).await,
            Command::Journal(command) => journal::run(command).await,
            Command::ImportPlan(args) => import_plan::run(*args).await,
            Command::Openapi => print(&openapi::document_text().map_err(CliError::other)?),
            Command::Healthcheck(args) => healthcheck(args.ops_addr).await,
        }
    }
}

async fn migrate(config: &DatabaseConfig) -> Result<ExitCode, CliError> {
    Store::open(config).await?.close().await?;
    print("the database is up to date")
}

/// One line on standard output, where only answers go; logs go to standard error.
fn print(line: &str) -> Result<ExitCode, CliError> {
    let mut output = std::io::stdout().lock();
    let written = writeln!(output, "{}", line.trim_end()).and_then(|()| output.flush());
    match written {
        // Whoever reads it has read enough, as `| head` does.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        written => written.map(|()| ExitCode::SUCCESS).map_err(CliError::from),
    }
}

/// Asks by hand, so that the program needs no HTTP client for one line.
async fn healthcheck(address: SocketAddr) -> Result<ExitCode, CliError> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let asked = async {
        let mut stream = tokio::net::TcpStream::connect(address).await?;
        let request =
            format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(64 * 1_024).read_to_end(&mut answer).await?;
        Ok::<_, std::io::Error>(String::from_utf8_lossy(&answer).into_owned())
    };
    let asked = tokio::time::timeout(HEALTHCHECK_TIMEOUT, asked).await;
    let answer = asked.map_err(|_elapsed| CliError::other("no answer in time"))??;
    if answer.starts_with("HTTP/1.1 200") {
        return print("ready");
    }
    print(answer.split("\r\n\r\n").nth(1).unwrap_or("not ready"))?;
    Ok(ExitCode::FAILURE)
}

const HEALTHCHECK_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);
