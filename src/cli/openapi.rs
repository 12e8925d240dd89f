//! `fullhouse openapi`: prints the API's description.

use std::process::ExitCode;

use super::error::CliError;
use super::output::print;
use crate::http::openapi;

pub(super) fn run() -> Result<ExitCode, CliError> {
    print(&openapi::document_text().map_err(CliError::other)?)
}
