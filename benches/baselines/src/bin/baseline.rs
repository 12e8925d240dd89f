//! Serves one of the compared designs behind the product's front, until SIGTERM.

use std::error::Error;
use std::process::ExitCode;

use baselines::server::{Options, Server};
use clap::Parser;
use fullhouse::telemetry;
use tokio::signal::unix::{SignalKind, signal};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Serves one of the designs that Fullhouse is compared with.
#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    options: Options,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let options = Line::parse().options;
    telemetry::init_logs(&options.logs)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(options))
}

async fn serve(options: Options) -> Result<ExitCode, Box<dyn Error>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (design, transactions) = (options.design, options.transactions);
    let server = Server::bind(options).await?;
    let (address, ops) = (server.address(), server.ops_address());
    tracing::info!(%design, %transactions, %address, %ops, "the server accepts requests");
    let answered = server.run_until_stopped(async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    });
    Ok(if answered.await {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
