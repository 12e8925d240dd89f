//! A way to the database that can be cut at the worst moment.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use uuid::Uuid;

const CHUNK_BYTES: usize = 64 * 1024;
/// The port in the name of the proxy's socket.
const PORT: u16 = 5432;
/// `ReadyForQuery`, outside a transaction: the server has committed.
const READY: &[u8] = b"Z\0\0\0\x05I";

/// What is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The request: the server never hears of it.
    Request,
    /// The answer: the server has committed and nobody knows.
    Answer,
}

/// Forwards connections until told to cut one.
pub(crate) struct Proxy {
    folder: PathBuf,
    plan: Arc<Plan>,
}

#[derive(Debug)]
struct Plan {
    upstream: PgConnectOptions,
    cut: Cut,
    /// Bytes of the request that is cut.
    mark: &'static [u8],
    armed: AtomicBool,
    cuts: AtomicUsize,
}

impl Proxy {
    /// Cuts at requests that contain `mark`, once armed.
    pub(crate) fn start(upstream: PgConnectOptions, cut: Cut, mark: &'static [u8]) -> Self {
        let folder = std::env::temp_dir().join(format!("proxy-{}", Uuid::new_v4().simple()));
        std::fs::create_dir(&folder).unwrap();
        let listener = UnixListener::bind(folder.join(format!(".s.PGSQL.{PORT}"))).unwrap();
        let plan = Arc::new(Plan {
            upstream,
            cut,
            mark,
            armed: AtomicBool::new(false),
            cuts: AtomicUsize::new(0),
        });
        let forwarded = Arc::clone(&plan);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&forwarded).forward(client));
            }
        });
        Self { folder, plan }
    }

    /// How to connect through the proxy.
    pub(crate) fn connect_options(&self) -> PgConnectOptions {
        let upstream = self.plan.upstream.clone();
        upstream.socket(&self.folder).port(PORT)
    }

    /// Cuts the next connection that sends the mark.
    pub(crate) fn arm(&self) {
        self.plan.armed.store(true, Ordering::SeqCst);
    }

    /// Connections cut so far.
    pub(crate) fn cuts(&self) -> usize {
        self.plan.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

impl Plan {
    async fn forward(self: Arc<Self>, client: UnixStream) {
        let upstream = &self.upstream;
        if let Some(folder) = upstream.get_socket() {
            let path = folder.join(format!(".s.PGSQL.{}", upstream.get_port()));
            let server = UnixStream::connect(path).await.unwrap();
            self.pump(client, server).await;
        } else {
            let address = (upstream.get_host(), upstream.get_port());
            let server = TcpStream::connect(address).await.unwrap();
            self.pump(client, server).await;
        }
    }

    /// Returning drops both ends, which is the cut.
    async fn pump(&self, mut client: UnixStream, mut server: impl AsyncRead + AsyncWrite + Unpin) {
        let (mut request, mut answer) = (vec![0; CHUNK_BYTES], vec![0; CHUNK_BYTES]);
        loop {
            tokio::select! {
                read = client.read(&mut request) => {
                    let Some(bytes) = read.ok().filter(|&read| read > 0) else { return };
                    let request = &request[..bytes];
                    if self.is_due(request) {
                        if self.cut == Cut::Answer {
                            server.write_all(request).await.unwrap();
                            until_ready(&mut server).await;
                        }
                        self.cuts.fetch_add(1, Ordering::SeqCst);
                        return;
                    }
                    if server.write_all(request).await.is_err() { return }
                }
                read = server.read(&mut answer) => {
                    let Some(bytes) = read.ok().filter(|&read| read > 0) else { return };
                    if client.write_all(&answer[..bytes]).await.is_err() { return }
                }
            }
        }
    }

    fn is_due(&self, request: &[u8]) -> bool {
        let marked = request
            .windows(self.mark.len())
            .any(|bytes| bytes == self.mark);
        marked && self.armed.swap(false, Ordering::SeqCst)
    }
}

async fn until_ready(server: &mut (impl AsyncRead + Unpin)) {
    let mut heard = Vec::new();
    while !heard.ends_with(READY) {
        let read = server.read_buf(&mut heard).await.unwrap();
        assert!(read > 0, "the server answers before it is cut off");
    }
}
