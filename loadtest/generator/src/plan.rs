//! What a run is to do, as its caller says it.

use std::net::SocketAddr;
use std::time::Duration;

use uuid::Uuid;

use crate::connection::Lasts;
use crate::workload::Workload;

/// What to do to a server.
#[derive(Clone, Debug)]
pub struct Plan {
    pub address: SocketAddr,
    /// The showtime, with the workload's layout.
    pub showtime: Uuid,
    pub workload: Workload,
    pub pace: Pace,
    /// How many there are at once; in the open loop at most.
    pub connections: usize,
    pub lasts: Lasts,
    /// At the beginning, not counted.
    pub warmup: Duration,
    /// After the warm-up.
    pub length: Duration,
    /// How long after its end what was due before may still begin.
    pub grace: Duration,
    /// Of 100 holds of a checkout, so many are never paid.
    pub abandoned_percent: u32,
    pub seed: u64,
    /// What is asked of the server.
    pub asks: Asks,
    /// Keys of programs, one for each connection, instead of tokens; none of them when there are none.
    pub api_keys: Vec<String>,
}

/// How requests follow one another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// The next one when the last one is answered.
    Closed,
    /// So many purchases per second, at random, whatever is answered.
    Open(f64),
}

/// What is asked of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[clap(rename_all = "snake_case")]
pub enum Asks {
    /// Holds, each given back or confirmed.
    Holds,
    /// Holds, each in place of its connection's last one.
    Swaps,
    /// The same bodies as swaps, of the server's bench route, which only parses them.
    Parses,
}

impl Asks {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Swaps => "swaps",
            Self::Parses => "parses",
        }
    }
}
