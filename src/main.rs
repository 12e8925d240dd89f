//! The program: parse, start logging, run.

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use fullhouse::cli::Cli;
use fullhouse::telemetry;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    telemetry::init_logs(&cli.logs)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime did not start")?;
    Ok(runtime.block_on(cli.run())?)
}
