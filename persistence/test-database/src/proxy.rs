//! A way to the database that can be cut or slowed down at the worst moment.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::{AbortHandle, JoinSet};

const CHUNK_BYTES: usize = 64 * 1024;
/// `ReadyForQuery`, before the byte that says whether a transaction is open.
const READY: &[u8] = b"Z\0\0\0\x05";
/// What ends a transaction of several statements.
const COMMIT: &[u8] = b"COMMIT";
/// What a batch's first statement does, which is a transaction of its own when there is no other.
const INSERT: &[u8] = b"insert into journal";

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is passed on.
    Forward,
    /// The connection is cut before it: the server never hears of it.
    CutRequest,
    /// The connection is cut after its answer came: the server has committed and nobody knows.
    CutAnswer,
    /// It is passed on this much later.
    Delay(Duration),
}

/// What a client sends in one piece.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The messages.
    pub bytes: &'a [u8],
    /// Whether it makes entries durable: it ends a transaction, or is the statement that writes a
    /// batch, which commits on its own when nothing else belongs to it.
    pub commits: bool,
}

/// Forwards connections to a database on a TCP port of its own, asking of every request what
/// becomes of it.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    upstream: PgConnectOptions,
    cuts: Arc<AtomicUsize>,
    accepting: AbortHandle,
}

struct Plan<F> {
    upstream: PgConnectOptions,
    decide: F,
    cuts: Arc<AtomicUsize>,
}

impl<F> fmt::Debug for Plan<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").finish_non_exhaustive()
    }
}

impl Proxy {
    /// A proxy before the database that `upstream` names.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub async fn start<F>(upstream: PgConnectOptions, decide: F) -> io::Result<Self>
    where
        F: Fn(Request<'_>) -> Fate + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let cuts = Arc::new(AtomicUsize::new(0));
        let plan = Arc::new(Plan {
            upstream: upstream.clone(),
            decide,
            cuts: Arc::clone(&cuts),
        });
        let accepting = tokio::spawn(accept(listener, plan)).abort_handle();
        Ok(Self {
            address,
            upstream,
            cuts,
            accepting,
        })
    }

    /// How to connect through the proxy.
    pub fn connect_options(&self) -> PgConnectOptions {
        let upstream = &self.upstream;
        let (host, port) = (self.address.ip().to_string(), self.address.port());
        if upstream.get_socket().is_none() {
            return upstream.clone().host(&host).port(port);
        }
        // The folder of a socket cannot be unset again. Whoever may use it needs no password.
        PgConnectOptions::new_without_pgpass()
            .host(&host)
            .port(port)
            .username(upstream.get_username())
            .database(upstream.get_database().unwrap_or_default())
            .ssl_mode(PgSslMode::Disable)
    }

    /// The database behind the proxy as a `DATABASE_URL` for another process, which needs no
    /// password.
    pub fn url(&self) -> String {
        let (user, address) = (self.upstream.get_username(), self.address);
        let database = self.upstream.get_database().unwrap_or_default();
        format!("postgres://{user}@{address}/{database}?sslmode=disable")
    }

    /// Connections cut so far.
    pub fn cuts(&self) -> usize {
        self.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Ends, with every connection, when the proxy does.
async fn accept<F>(listener: TcpListener, plan: Arc<Plan<F>>)
where
    F: Fn(Request<'_>) -> Fate + Send + Sync + 'static,
{
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let plan = Arc::clone(&plan);
        connections.spawn(async move {
            // However a connection ends, both sides learn it by its end.
            drop(plan.forward(client).await);
        });
        while connections.try_join_next().is_some() {}
    }
}

impl<F> Plan<F>
where
    F: Fn(Request<'_>) -> Fate + Send + Sync,
{
    async fn forward(&self, client: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let upstream = &self.upstream;
        if let Some(folder) = upstream.get_socket() {
            let path = folder.join(format!(".s.PGSQL.{}", upstream.get_port()));
            let server = UnixStream::connect(path).await?;
            return self.pump(client, server).await;
        }
        let address = (upstream.get_host(), upstream.get_port());
        let server = TcpStream::connect(address).await?;
        server.set_nodelay(true)?;
        self.pump(client, server).await
    }

    /// Returning drops both ends, which is the cut.
    async fn pump(
        &self,
        mut client: TcpStream,
        mut server: impl AsyncRead + AsyncWrite + Unpin,
    ) -> io::Result<()> {
        let (mut request, mut answer) = (vec![0; CHUNK_BYTES], vec![0; CHUNK_BYTES]);
        let mut insert = Vec::new();
        loop {
            tokio::select! {
                read = client.read(&mut request) => {
                    let bytes = some(read?)?;
                    let bytes = &request[..bytes];
                    let commits = commits(bytes, &mut insert);
                    match (self.decide)(Request { bytes, commits }) {
                        Fate::Forward => server.write_all(bytes).await?,
                        Fate::CutRequest => {
                            self.count_cut();
                            return Ok(());
                        }
                        Fate::CutAnswer => {
                            server.write_all(bytes).await?;
                            until_ready(&mut server).await?;
                            self.count_cut();
                            return Ok(());
                        }
                        Fate::Delay(pause) => {
                            tokio::time::sleep(pause).await;
                            server.write_all(bytes).await?;
                        }
                    }
                }
                read = server.read(&mut answer) => {
                    client.write_all(&answer[..some(read?)?]).await?;
                }
            }
        }
    }

    fn count_cut(&self) {
        self.cuts.fetch_add(1, Ordering::SeqCst);
    }
}

/// Whether a request makes entries durable. `insert` remembers what the connection calls the
/// statement that writes a batch, because only its first use spells it out.
fn commits(request: &[u8], insert: &mut Vec<u8>) -> bool {
    if let Some(at) = find(request, INSERT) {
        // A `Parse` message: its kind, its length, the statement's name, the statement.
        let name_at = request[..at].iter().rposition(|&byte| byte == b'P');
        let name = name_at.and_then(|kind| request.get(kind + 5..at));
        let name = name.and_then(|rest| rest.split(|&byte| byte == 0).next());
        *insert = name.unwrap_or_default().to_vec();
        insert.push(0);
        return true;
    }
    let again = insert.len() > 1 && find(request, insert).is_some();
    again || find(request, COMMIT).is_some()
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

/// An end of file ends the connection.
fn some(read: usize) -> io::Result<usize> {
    if read == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(read)
}

async fn until_ready(server: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
    let mut heard = Vec::new();
    while !is_ready(&heard) {
        some(server.read_buf(&mut heard).await?)?;
    }
    Ok(())
}

/// Whether an answer is complete.
fn is_ready(heard: &[u8]) -> bool {
    let last = heard.len().saturating_sub(READY.len() + 1);
    heard[last..].starts_with(READY) && heard.len() > READY.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_that_writes_a_batch_is_recognized_by_its_name_later() {
        let mut insert = Vec::new();
        assert!(!commits(
            b"P\0\0\0\x30sqlx_s_1\0select 1\0\0\0",
            &mut insert
        ));
        let parse = b"P\0\0\0\x30sqlx_s_2\0with x as (insert into journal (a)) select\0\0\0";
        assert!(commits(parse, &mut insert));
        assert_eq!(insert, b"sqlx_s_2\0");
        assert!(commits(b"B\0\0\0\x20\0sqlx_s_2\0\0\x01", &mut insert));
        assert!(!commits(b"B\0\0\0\x20\0sqlx_s_21\0\0\x01", &mut insert));
        assert!(commits(b"Q\0\0\0\x0bCOMMIT\0", &mut insert));
    }

    #[test]
    fn an_answer_is_complete_when_the_server_is_ready() {
        assert!(!is_ready(b""));
        assert!(!is_ready(b"Z\0\0\0\x05"));
        assert!(is_ready(b"C\0\0\0\x04Z\0\0\0\x05I"));
        assert!(is_ready(b"Z\0\0\0\x05T"));
    }
}
