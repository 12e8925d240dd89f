//! What the operating system says of a server's process.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use rustix::process::{Pid, Resource, getrlimit, setrlimit};

use crate::error::DrillError;

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
async fn metric<T: FromStr>(ops: SocketAddr, start: &str) -> Result<T, DrillError> {
    let metrics = reqwest::get(format!("http://{ops}/metrics")).await?;
    let metrics = metrics.text().await?;
    let value = metrics.lines().find_map(|line| line.strip_prefix(start));
    value
        .and_then(|value| value.trim().parse().ok())
        .ok_or_else(|| DrillError::Unexpected(format!("no metric {start}")))
}

/// Requests in progress at the public port, by the server's own count.
pub(crate) async fn requests_active(ops: SocketAddr) -> Result<u64, DrillError> {
    metric(ops, "fullhouse_http_requests_active ").await
}

/// Of the holds that a server has answered with 5xx, how many, and how many of them within 5 ms,
/// as it measures itself.
pub(crate) async fn refusals_of(ops: SocketAddr) -> Result<(u64, u64), DrillError> {
    let times = HoldTimes::answered(ops, "5xx").await?;
    Ok((times.all(), times.within(5_000)))
}

/// How long holds took, by the server's own histogram.
#[derive(Clone, Debug, Default)]
pub(crate) struct HoldTimes {
    /// Upper bounds in microseconds with how many took at most so long.
    buckets: Vec<(u64, u64)>,
}

impl HoldTimes {
    /// Of the granted ones.
    pub(crate) async fn of(ops: SocketAddr) -> Result<Self, DrillError> {
        Self::answered(ops, "2xx").await
    }

    async fn answered(ops: SocketAddr, status: &str) -> Result<Self, DrillError> {
        let metrics = reqwest::get(format!("http://{ops}/metrics")).await?;
        let metrics = metrics.text().await?;
        let status = format!("status=\"{status}\"");
        let mut times = Self::default();
        for line in metrics.lines() {
            let of_bucket = line.starts_with("fullhouse_http_request_duration_seconds_bucket")
                && line.contains("method=\"POST\"")
                && line.contains("/holds\"")
                && line.contains(&status);
            let bound = line
                .split("le=\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next());
            let count = line.rsplit(' ').next().and_then(|text| text.parse().ok());
            if let (true, Some(bound), Some(count)) = (of_bucket, bound, count) {
                times.add(bound_us(bound), count);
            }
        }
        Ok(times)
    }

    /// Those since an earlier look.
    pub(crate) fn since(&self, before: &Self) -> Self {
        let then = |bound| before.within(bound);
        let buckets = self.buckets.iter();
        Self {
            buckets: buckets
                .map(|&(bound, count)| (bound, count - then(bound).min(count)))
                .collect(),
        }
    }

    /// Those of two times together.
    pub(crate) fn with(&self, other: &Self) -> Self {
        let mut both = self.clone();
        for &(bound, count) in &other.buckets {
            both.add(bound, count);
        }
        both
    }

    /// So many of a hundred took at most so long, in microseconds, as exactly as buckets tell.
    pub(crate) fn percentile_us(&self, percent: u64) -> u64 {
        let rank = self.all() * percent / 100;
        let (mut below, mut seen) = (0, 0);
        for &(bound, count) in &self.buckets {
            if bound == u64::MAX {
                break;
            }
            if count >= rank && count > seen {
                return below + (bound - below) * (rank - seen) / (count - seen);
            }
            (below, seen) = (bound, count);
        }
        below
    }

    fn all(&self) -> u64 {
        self.buckets.last().map_or(0, |&(_, count)| count)
    }

    fn within(&self, bound: u64) -> u64 {
        let known = self.buckets.iter().find(|&&(known, _)| known >= bound);
        known.map_or(0, |&(_, count)| count)
    }

    fn add(&mut self, bound: u64, count: u64) {
        match self
            .buckets
            .binary_search_by_key(&bound, |&(known, _)| known)
        {
            Ok(at) => self.buckets[at].1 += count,
            Err(at) => self.buckets.insert(at, (bound, count)),
        }
    }
}

/// A bucket's bound; the last has none.
fn bound_us(text: &str) -> u64 {
    let seconds = text.parse().unwrap_or(f64::INFINITY);
    Duration::try_from_secs_f64(seconds).map_or(u64::MAX, micros)
}

/// As many microseconds.
pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Lets this process, and the server that it starts, open so many files.
pub(crate) fn allow_files(count: u64) -> bool {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= count) {
        return true;
    }
    limit.current = Some(count);
    limit.maximum = limit.maximum.map(|maximum| maximum.max(count));
    setrlimit(Resource::Nofile, limit).is_ok()
}
