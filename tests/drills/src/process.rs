//! What the operating system says of a server's process.

use std::net::SocketAddr;

use rustix::process::Pid;

use crate::drills::DrillError;

/// Memory that a process has in use, in kilobytes.
pub(crate) async fn memory_kb(pid: Pid) -> Result<u64, DrillError> {
    let path = format!("/proc/{}/status", pid.as_raw_nonzero());
    let status = tokio::fs::read_to_string(path).await?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kb = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kb.and_then(|kb| kb.parse().ok())
        .ok_or_else(|| DrillError::Unexpected("no VmRSS".to_owned()))
}

/// Connections that are open at the public port, by the server's own count.
pub(crate) async fn connections_open(ops: SocketAddr) -> Result<u64, DrillError> {
    metric(ops, "fullhouse_http_connections_open ").await
}

/// One value of the server's metrics, by how its line begins.
async fn metric(ops: SocketAddr, start: &str) -> Result<u64, DrillError> {
    let metrics = reqwest::get(format!("http://{ops}/metrics")).await?;
    let metrics = metrics.text().await?;
    let value = metrics.lines().find_map(|line| line.strip_prefix(start));
    value
        .and_then(|value| value.trim().parse().ok())
        .ok_or_else(|| DrillError::Unexpected(format!("no metric {start}")))
}

/// Of the holds that a server has answered with 5xx, how many, and how many of them within 5 ms,
/// as it measures itself.
pub(crate) async fn refusals_of(ops: SocketAddr) -> Result<(u64, u64), DrillError> {
    let metrics = reqwest::get(format!("http://{ops}/metrics")).await?;
    let metrics = metrics.text().await?;
    let bucket = |bound: &str| {
        let of_bucket = |line: &&str| {
            line.starts_with("fullhouse_http_request_duration_seconds_bucket")
                && line.contains("status=\"5xx\"")
                && line.contains("method=\"POST\"")
                && line.contains(bound)
        };
        let lines = metrics.lines().filter(of_bucket);
        let counts = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
        counts.sum::<u64>()
    };
    Ok((bucket("le=\"+Inf\""), bucket("le=\"0.005\"")))
}
