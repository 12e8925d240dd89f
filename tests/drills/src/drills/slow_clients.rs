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

use super::{Drill, DrillError};
use crate::api::{self, Api};
use crate::crowd::Crowd;
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
const REQUEST_TIMEOUT: Duration = Duration::from_secs(3);
/// Beside the timeouts, for a machine that is busy.
const SLACK: Duration = Duration::from_secs(10);

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

const KINDS: [Slow; 3] = [Slow::Headers, Slow::Body, Slow::Reading];

async fn play(options: Options) -> Result<Summary, DrillError> {
    let stage = Stage::build().await?;
    let ms = |time: Duration| time.as_millis().to_string();
    let launch = stage.launch.clone();
    let launch = launch
        .env("FULLHOUSE_HEADER_TIMEOUT_MS", ms(HEADER_TIMEOUT))
        .env("FULLHOUSE_REQUEST_TIMEOUT_MS", ms(REQUEST_TIMEOUT));
    let server = launch.start().await?;
    let address = watch::Sender::new(server.http());
    let api = Api::open_house(address.subscribe(), HOUSE.0, HOUSE.1).await?;
    let crowd = Crowd {
        server: server.http(),
        showtime: api.showtime(),
        house: HOUSE,
        connections: BUYERS,
        rate: None,
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
    let mut spared = [0; KINDS.len()];
    while let Some(ended) = slow.join_next().await {
        let ended = ended.map_err(|error| DrillError::Unexpected(error.to_string()))?;
        let (kind, cut_off) = ended?;
        summary.count("slow clients", 1);
        spared[kind as usize] += u64::from(!cut_off);
    }
    for (kind, spared) in KINDS.into_iter().zip(spared) {
        summary.demand(spared == 0, || {
            format!("{spared} of {each} slow at {kind:?} were not cut off in time")
        });
    }
    let seconds = crowd.length.as_secs().max(1);
    summary.count("holds per second without them", alone.granted / seconds);
    summary.count("holds per second beside them", beside.granted / seconds);
    let strange = beside.strange + beside.refused;
    summary.demand(strange == 0, || format!("strange: {:?}", beside.example));
    // The slow ones' requests are work too, and their clients share the machine.
    summary.demand(beside.granted * 5 >= alone.granted, || {
        "buyers got less than a fifth of what they got without the slow ones".to_owned()
    });
    server.terminate().await?;
    stage.judge(&mut summary).await?;
    Ok(summary)
}

/// Whether the server ended the connection within its timeouts.
async fn be_slow(
    kind: Slow,
    server: SocketAddr,
    showtime: Uuid,
) -> Result<(Slow, bool), DrillError> {
    let token = api::buyer(Uuid::new_v4())?;
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let began = Instant::now();
    let (patience, told) = match kind {
        Slow::Headers => {
            let head = format!("POST /api/v1/showtimes/{showtime}/holds HTTP/1.1\r\nx-slow: ");
            let told = timeout(HEADER_TIMEOUT + SLACK, dribble(&mut stream, &head)).await;
            (HEADER_TIMEOUT, told.is_ok())
        }
        Slow::Body => {
            let head = format!(
                "POST /api/v1/showtimes/{showtime}/holds HTTP/1.1\r\nhost: x\r\n\
                 authorization: Bearer {token}\r\ncontent-type: application/json\r\n\
                 content-length: 100000\r\n\r\n"
            );
            let told = timeout(REQUEST_TIMEOUT + SLACK, dribble(&mut stream, &head)).await;
            (REQUEST_TIMEOUT, told.is_ok())
        }
        Slow::Reading => {
            let ask = format!("GET /api/v1/showtimes/{showtime}/seats HTTP/1.1\r\nhost: x\r\n\r\n");
            let told = timeout(REQUEST_TIMEOUT + SLACK, ask_forever(&mut stream, &ask)).await;
            (REQUEST_TIMEOUT, told.is_ok())
        }
    };
    Ok((kind, told && began.elapsed() < patience + SLACK))
}

/// Sends the head at once and then byte by byte, until the server has had enough: it answers or
/// hangs up.
async fn dribble(stream: &mut TcpStream, head: &str) -> io::Result<()> {
    stream.write_all(head.as_bytes()).await?;
    loop {
        stream.write_all(b"x").await?;
        if let Ok(heard) = timeout(PAUSE, stream.read(&mut [0])).await {
            return heard.map(drop);
        }
    }
}

/// Writes until nothing more is taken, and then waits for the connection to end.
async fn ask_forever(stream: &mut TcpStream, ask: &str) -> io::Result<()> {
    loop {
        stream.write_all(ask.as_bytes()).await?;
    }
}
