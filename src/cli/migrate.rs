//! `fullhouse migrate`: brings the database's tables up to date.

use std::process::ExitCode;

use super::error::CliError;
use super::output::print;
use crate::config::DatabaseConfig;
use crate::server::database::Store;

pub(super) async fn run(config: &DatabaseConfig) -> Result<ExitCode, CliError> {
    Store::open(config).await?.close().await?;
    print("the database is up to date")
}
