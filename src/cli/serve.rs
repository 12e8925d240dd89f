//! `fullhouse serve`: runs the server until it is asked to stop.

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use tokio_util::sync::CancellationToken;

use super::error::CliError;
use crate::config::Config;
use crate::server::{Ended, Server};
use crate::showtimes::demo;

/// Serves until SIGTERM or SIGINT. After SIGTERM the port stays open for a while; a further signal
/// ends that wait, and one after that everything.
pub(super) async fn run(config: Config) -> Result<ExitCode, CliError> {
    let demo = config.demo;
    let delay = Duration::from_millis(config.http.drain_delay_ms);
    // Listened for before anything is started, so that a signal during the start is not lost.
    let mut signals = Signals::listen()?;
    let server = tokio::select! {
        server = Server::bind(config) => server?,
        _stopped = signals.next() => return Ok(ExitCode::FAILURE),
    };
    greet(server.address(), server.ops_address(), demo)?;
    Ok(match until_stopped(server, &mut signals, delay).await {
        Ended::Drained => ExitCode::SUCCESS,
        Ended::CutOff => ExitCode::FAILURE,
    })
}

async fn until_stopped(server: Server, signals: &mut Signals, delay: Duration) -> Ended {
    let stop = CancellationToken::new();
    let draining = server.draining();
    let running = server.run_until_stopped(stop.clone().cancelled_owned());
    let asked_twice = async {
        let signal = signals.next().await;
        draining.cancel();
        if signal == StopSignal::Terminate && !delay.is_zero() {
            let delay_ms = delay.as_millis();
            tracing::info!(
                delay_ms,
                "the server reports that it is not ready, and serves until balancers have noticed"
            );
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                _hurry = signals.next() => {}
            }
        }
        tracing::info!("the server stops: it finishes the requests in progress");
        stop.cancel();
        signals.next().await;
    };
    tokio::select! {
        ended = running => ended,
        () = asked_twice => {
            tracing::warn!("the server has stopped at once: it was asked a second time");
            Ended::CutOff
        }
    }
}

/// What asks a program to stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> Result<Self, std::io::Error> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> StopSignal {
        tokio::select! {
            _ = self.terminate.recv() => StopSignal::Terminate,
            _ = self.interrupt.recv() => StopSignal::Interrupt,
        }
    }
}

/// The signal that asks the program to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StopSignal {
    /// By whoever runs it, among others.
    Terminate,
    /// By a person at its terminal.
    Interrupt,
}

fn greet(address: SocketAddr, ops: SocketAddr, demo: bool) -> Result<(), std::io::Error> {
    tracing::info!(%address, %ops, "the server accepts requests");
    let mut output = std::io::stdout().lock();
    writeln!(
        output,
        "fullhouse is serving on http://{address} (docs: http://{address}/docs)"
    )?;
    writeln!(output, "operations: http://{ops}/metrics, /livez, /readyz")?;
    if demo {
        write_demo(&mut output, address)?;
    }
    output.flush()
}

fn write_demo(output: &mut impl Write, address: SocketAddr) -> Result<(), std::io::Error> {
    writeln!(output, "\nOn sale now:")?;
    for demo in demo::all() {
        writeln!(output, "  {}  {}, {}", demo.id, demo.title, demo.about)?;
    }
    let theatre = demo::THEATRE;
    // As it was called, so that the line can be copied and pasted.
    let program = std::env::args().next();
    let program = program.as_deref().unwrap_or("fullhouse");
    write!(
        output,
        "\nTry next, in another terminal:\n\
         \n  # register, which prints a mail here, and hold two seats in the first row\
         \n  TOKEN=$(curl -s http://{address}/api/v1/auth/register -H 'Content-Type: application/json' \\\
         \n    -d '{{\"name\": \"Ann\", \"email\": \"ann@example.com\", \"password\": \"correct horse battery\"}}' \\\
         \n    | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\
         \n  curl -s http://{address}/api/v1/showtimes/{theatre}/holds \\\
         \n    -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\
         \n    -d '{{\"seats\": [\"ORCH-A-1\", \"ORCH-A-2\"]}}'\n\
         \n  # the two best seats together, wherever they are now\
         \n  curl -s http://{address}/api/v1/showtimes/{theatre}/holds \\\
         \n    -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\
         \n    -d '{{\"best_available\": {{\"quantity\": 2}}}}'\n\
         \n  # somebody who manages everything; prints a password to sign in with\
         \n  {program} user create --email admin@example.com --name Admin --role SUPER_ADMIN\n\
         \n  # what is left\
         \n  curl -s http://{address}/api/v1/showtimes/{theatre}/availability\n\n"
    )
}
