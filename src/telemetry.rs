//! Logs and metrics of the process.

pub mod names;

use std::io::IsTerminal;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogConfig, LogFormat};

/// Sends logs to standard error and panics into the log. Called once, by `main`.
///
/// # Errors
///
/// When `FULLHOUSE_LOG` cannot be read, or logs go somewhere already.
pub fn init_logs(config: &LogConfig) -> Result<(), LogError> {
    let filter = EnvFilter::try_new(&config.log).map_err(|error| LogError(error.to_string()))?;
    let json = match config.log_format {
        LogFormat::Auto => !std::io::stderr().is_terminal(),
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    let started = if json {
        registry.with(lines.json().flatten_event(true)).try_init()
    } else {
        registry.with(lines).try_init()
    };
    started.map_err(|error| LogError(error.to_string()))?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let message = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(
            panic.place = place,
            panic.message = message,
            "the program panicked"
        );
    }));
    Ok(())
}

/// Logging that could not begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("FULLHOUSE_LOG: {0}")]
pub struct LogError(String);

/// The recorder of all metrics; the same one however often it is asked for, because a process
/// has one, and tests start many servers.
///
/// # Errors
///
/// When the recorder cannot be built.
pub fn metrics() -> Result<PrometheusHandle, BuildError> {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = RECORDER.get() {
        return Ok(handle.clone());
    }
    // A histogram without explicit buckets would silently become a summary.
    let recorder = PrometheusBuilder::new()
        .set_buckets(names::SIZE_BUCKETS)?
        .set_buckets_for_metric(
            Matcher::Suffix("_seconds".to_owned()),
            names::SECONDS_BUCKETS,
        )?
        .build_recorder();
    let handle = recorder.handle();
    // Two first callers may both build one; the process keeps the first that is installed.
    if metrics::set_global_recorder(recorder).is_ok() {
        names::describe();
        actors::metrics::describe();
        persistence::metrics::describe();
        return Ok(RECORDER.get_or_init(|| handle).clone());
    }
    Ok(RECORDER.get().cloned().unwrap_or(handle))
}
