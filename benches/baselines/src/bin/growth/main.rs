//! Writes "How cost grows": from what the benches measured to tables with a sentence each.
//!
//! ```text
//! script/bench
//! ```
//!
//! runs the benches and then this program, which reads criterion's estimates and replaces what
//! stands between two marks of the page. It generates numbers only; what they mean is written by
//! hand in `tables.rs`.

mod estimates;
mod facts;
mod page;
mod table;
mod tables;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::estimates::EstimateError;
use crate::facts::{Facts, FactsError};
use crate::page::PageError;

/// Writes the section of the page that shows how cost grows.
#[derive(Parser)]
struct Arguments {
    /// Where criterion keeps its figures.
    #[arg(long, default_value = "target/criterion")]
    criterion: PathBuf,
    /// The page, which has the marks already.
    #[arg(long, default_value = "docs/BENCHMARKS.md")]
    page: PathBuf,
}

/// Why there is no new section.
#[derive(Debug, thiserror::Error)]
enum GrowthError {
    #[error(transparent)]
    Estimate(#[from] EstimateError),
    #[error(transparent)]
    Facts(#[from] FactsError),
    #[error(transparent)]
    Page(#[from] PageError),
}

#[tokio::main]
async fn main() -> ExitCode {
    match write(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // With nobody to tell, the exit code says it.
            let _unheard = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn write(arguments: &Arguments) -> Result<(), GrowthError> {
    let facts = Facts::gather().await?;
    let mut section = facts.paragraph();
    for table in &tables::TABLES {
        section.push('\n');
        section.push_str(&table.render(&arguments.criterion)?);
    }
    page::replace(&arguments.page, &section)?;
    Ok(())
}
