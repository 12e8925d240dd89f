//! The commands of the program.

mod audit_log;
mod error;
mod healthcheck;
mod import_plan;
mod journal;
mod migrate;
mod openapi;
mod output;
mod serve;
mod token;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, DatabaseConfig, LogConfig};
pub use error::CliError;

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
    /// Look after accounts.
    #[command(subcommand)]
    User(Box<user::UserCommand>),
    /// Look into the journal.
    #[command(subcommand)]
    Journal(journal::JournalCommand),
    /// Look into the log of who did what.
    #[command(subcommand)]
    AuditLog(audit_log::AuditLogCommand),
    /// Create a showtime from a seating plan in pretix's JSON format.
    ImportPlan(Box<import_plan::ImportPlanArgs>),
    /// Print the API's description (OpenAPI 3.1).
    Openapi,
    /// Ask a running server whether it is ready; the exit code is the answer.
    Healthcheck(healthcheck::HealthcheckArgs),
}

impl Cli {
    /// Runs the subcommand; returns the exit code of the process.
    ///
    /// # Errors
    ///
    /// [`CliError`] says what a person has to change: settings, database, port, or the command's input.
    pub async fn run(self) -> Result<ExitCode, CliError> {
        match self.command {
            Command::Serve(config) => Box::pin(serve::run(*config)).await,
            Command::Migrate(config) => migrate::run(&config).await,
            Command::Token(args) => token::run(&args),
            Command::User(command) => user::run(*command).await,
            Command::Journal(command) => journal::run(command).await,
            Command::AuditLog(command) => audit_log::run(command).await,
            Command::ImportPlan(args) => import_plan::run(*args).await,
            Command::Openapi => openapi::run(),
            Command::Healthcheck(args) => healthcheck::run(&args).await,
        }
    }
}
