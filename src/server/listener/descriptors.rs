//! How many files and sockets the operating system lets this process have.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Descriptors for everything that is no connection of the public port: the operations port, files
/// of the log, the runtime, connections on their way in.
const RESERVED: u64 = 384;

/// Raises the soft limit to the hard one, and says how many connections that leaves beside
/// `others`, of the `wanted` ones.
pub(crate) fn connections_within(wanted: u32, others: u32) -> usize {
    let limit = raise();
    let room = limit.saturating_sub(RESERVED + u64::from(others)).max(1);
    let granted = u64::from(wanted).min(room);
    if granted < u64::from(wanted) {
        tracing::warn!(
            connections.wanted = wanted,
            connections.granted = granted,
            descriptors.limit = limit,
            "fewer connections than FULLHOUSE_CONNECTIONS_MAX: raise the limit of open files (ulimit -Hn, LimitNOFILE)"
        );
    }
    usize::try_from(granted).unwrap_or(usize::MAX)
}

/// The limit of open files, once it is as high as it may be.
fn raise() -> u64 {
    let mut limit = getrlimit(Resource::Nofile);
    let soft = limit.current;
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the limit of open files stays as it is");
        return soft.unwrap_or(u64::MAX);
    }
    // None is no limit at all.
    limit.current.unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_never_take_the_last_descriptors() {
        let limit = raise();
        assert!(connections_within(1_000_000, 10) as u64 <= limit.saturating_sub(RESERVED + 10));
        assert_eq!(connections_within(1, 10), 1);
        // Nothing is left for connections: the one that is let in may fail, and the next as well.
        assert_eq!(
            connections_within(5, u32::MAX),
            if limit > u64::from(u32::MAX) { 5 } else { 1 }
        );
    }
}
