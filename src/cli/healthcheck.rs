//! `fullhouse healthcheck`: asks a running server whether it is ready.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::error::CliError;
use super::output::print;

#[derive(Debug, Args)]
pub(super) struct HealthcheckArgs {
    /// Address of the operations port.
    #[arg(long, env = "FULLHOUSE_OPS_ADDR", default_value = "127.0.0.1:9091")]
    ops_addr: SocketAddr,
}

/// Asks by hand, so that the program needs no HTTP client for one line.
pub(super) async fn run(args: &HealthcheckArgs) -> Result<ExitCode, CliError> {
    let address = args.ops_addr;
    let asked = async {
        let mut stream = TcpStream::connect(address).await?;
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

/// A server that takes longer is not well.
const HEALTHCHECK_TIMEOUT: Duration = Duration::from_secs(5);
