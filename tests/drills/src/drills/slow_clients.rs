//! Clients that send a byte now and then, or never read: the others must not notice, and the slow
//! ones must be cut off.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::Drill;
use crate::api::{self, Api};
use crate::crowd::Crowd;
use crate::error::DrillError;
use crate::options::Options;
use crate::stage::Stage;
use crate::summary::Summary;

pub(super) const DRILL: Drill = Drill {
    name: "slow_clients",
    about: "clients that send byte by byte, or never read their answers",
    run: |options| Box::pin(play(options)),
};

const HOUSE: (u32, u32) = (10, 50);
const BUYERS: usize = 16;
/// Between two bytes.
const PAUSE: Duration = Duration::from_millis(100);
const HEADER_TIMEOUT: Duration = Duration::from_secs(2);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(8);
/// Long enough that no buyer is refused because the machine stands still for a moment.
const CALL_TIMEOUT: Duration = Duration::from_secs(7);
/// Beside the timeouts, for a machine that is busy.
const SLACK: Duration = Duration::from_mins(1);

/// How a client is slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slow {
    /// Its headers never end.
    Headers,
    /// Its body never ends.
    Body,
    /// It asks and asks, and never reads.
    Reading,
}

/// How a slow client's connection came to its end.
#[derive(Clone, Copy, Debug)]
struct End {
    kind: Slow,
    after: Duration,
    /// It was told that it has what it asked for, although it never finished asking.
    granted: bool,
}

const KINDS: [Slow; 3] = [Slow::Headers, Slow::Body, Slow::Reading];

async fn play(options: Options) -> Result<Summary, DrillError> {
    let stage = Stage::build().await?;
    let ms = |time: Duration| time.as_millis().to_string();
    let launch = stage.launch.clone();
    let launch = launch
        .env("FULLHOUSE_HEADER_TIMEOUT_MS", ms(HEADER_TIMEOUT))
        .env("FULLHOUSE_REQUEST_TIMEOUT_MS", ms(REQUEST_TIMEOUT))
        .env("FULLHOUSE_CALL_TIMEOUT_MS", ms(CALL_TIMEOUT));
    let server = launch.start().await?;
    let address = watch::Sender::new(server.http());
    let api = Api::open_house(address.subscribe(), HOUSE.0, HOUSE.1).await?;
    let crowd = Crowd {
        server: server.http(),
        showtime: api.showtime(),
        house: HOUSE,
        connections: BUYERS,
        rate: None,
        half_heed: false,
        length: options.seconds(4, 15),
        seed: options.seed(),
    };
    crowd.visit().await?;
    let alone = crowd.visit().await?;
    let mut summary = Summary::default();
    let mut slow = JoinSet::new();
    let each = if options.quick() { 100 } else { 500 };
    for kind in KINDS {
        for _ in 0..each {
            slow.spawn(be_slow(kind, server.http(), api.showtime()));
        }
    }
    let beside = crowd.visit().await?;
    while let Some(ended) = slow.join_next().await {
        let ended = ended.map_err(|error| DrillError::Unexpected(error.to_string()))?;
        ended?.judge(&mut summary);
    }
    let seconds = crowd.length.as_secs().max(1);
    summary.count("holds per second without them", alone.granted / seconds);
    summary.count("holds per second beside them", beside.granted / seconds);
    let strange = beside.strange + beside.refused;
    summary.demand(strange == 0, || format!("strange: {:?}", beside.example));
    // Their pace is shown and not judged: who never reads asks as fast as the server answers until
    // the buffers between them are full, and there are many such beside few buyers.
    summary.demand(beside.granted > 0, || "buyers got nothing".to_owned());
    server.terminate().await?;
    stage.judge(&mut summary).await?;
    Ok(summary)
}

impl Slow {
    /// How long the server bears it.
    const fn patience(self) -> Duration {
        match self {
            Self::Headers => HEADER_TIMEOUT,
            Self::Body | Self::Reading => REQUEST_TIMEOUT,
        }
    }

    const fn slowest(self) -> &'static str {
        match self {
            Self::Headers => "slowest end of slow headers, ms",
            Self::Body => "slowest end of slow bodies, ms",
            Self::Reading => "slowest end of slow reading, ms",
        }
    }
}

impl End {
    fn judge(self, summary: &mut Summary) {
        let Self {
            kind,
            after,
            granted,
        } = self;
        let millis = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        summary.count("slow clients", 1);
        summary.most(kind.slowest(), millis);
        summary.demand(after < kind.patience() + SLACK, || {
            format!("a client slow at {kind:?} was not cut off")
        });
        // Whatever ends a connection at once is not the server's patience.
        summary.demand(after >= kind.patience() / 2, || {
            format!("a client slow at {kind:?} was cut off after {millis} ms")
        });
        summary.demand(!granted, || {
            format!("a client slow at {kind:?} was granted something")
        });
    }
}

/// Is slow until the server ends the connection, or for much longer than it may.
async fn be_slow(kind: Slow, server: SocketAddr, showtime: Uuid) -> Result<End, DrillError> {
    let token = api::buyer(Uuid::new_v4())?;
    // Before the server can see anything, so that no pause of this client looks like haste.
    let began = Instant::now();
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let head = match kind {
        Slow::Headers => {
            format!("POST /api/v1/showtimes/{showtime}/holds HTTP/1.1\r\nx-slow: ")
        }
        Slow::Body => format!(
            "POST /api/v1/showtimes/{showtime}/holds HTTP/1.1\r\nhost: x\r\n\
             authorization: Bearer {token}\r\ncontent-type: application/json\r\n\
             content-length: 100000\r\n\r\n"
        ),
        Slow::Reading => {
            format!("GET /api/v1/showtimes/{showtime}/seats HTTP/1.1\r\nhost: x\r\n\r\n")
        }
    };
    let slow = async {
        match kind {
            Slow::Headers | Slow::Body => dribble(&mut stream, &head).await,
            Slow::Reading => ask_forever(&mut stream, &head).await,
        }
    };
    // However it ends: the server may hang up in the middle of a byte.
    let ended = timeout(kind.patience() + SLACK, slow).await;
    let granted = ended.is_ok_and(|ended| ended.is_ok_and(|answer| answer.starts_with(GRANTED)));
    Ok(End {
        kind,
        after: began.elapsed(),
        granted,
    })
}

/// How an answer begins that grants something.
const GRANTED: &[u8] = b"HTTP/1.1 2";

/// Sends the head at once and then byte by byte, until the server has had enough: it answers or
/// hangs up. What it says first.
async fn dribble(stream: &mut TcpStream, head: &str) -> io::Result<Vec<u8>> {
    stream.write_all(head.as_bytes()).await?;
    let mut answer = Vec::new();
    loop {
        stream.write_all(b"x").await?;
        if let Ok(read) = timeout(PAUSE, stream.read_buf(&mut answer)).await {
            read?;
            return Ok(answer);
        }
    }
}

/// Writes until nothing more is taken, and then waits for the connection to end.
async fn ask_forever(stream: &mut TcpStream, ask: &str) -> io::Result<Vec<u8>> {
    loop {
        stream.write_all(ask.as_bytes()).await?;
    }
}
