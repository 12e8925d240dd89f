//! Strangers who misuse a connection: they say nothing, or never take what they asked for, or never
//! finish what they have begun.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Target;

/// What a stranger does until it is dropped.
pub(super) type Being = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Before a stranger who was cut off comes again.
pub(super) const AGAIN_AFTER: Duration = Duration::from_millis(200);
/// Between two bytes of a drip.
const DRIP: Duration = Duration::from_millis(200);
/// How HTTP/2 begins, with empty settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// Streams of one connection.
const STREAMS: usize = 190;

/// Does something again and again, whatever the result.
async fn for_ever<F>(mut one: impl FnMut() -> F)
where
    F: Future<Output = io::Result<()>>,
{
    loop {
        // Being cut off is what is asked for.
        let _cut_off = one().await;
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

/// Connects and says nothing, or no more than that it speaks HTTP/2.
pub(super) fn silent(target: Arc<Target>, number: usize) -> Being {
    Box::pin(for_ever(move || {
        let server = target.server;
        async move {
            let mut stream = TcpStream::connect(server).await?;
            if number.is_multiple_of(2) {
                stream.write_all(PREFACE).await?;
            }
            let mut heard = Vec::new();
            stream.read_to_end(&mut heard).await?;
            Ok(())
        }
    }))
}

/// Asks for maps on many streams and takes none.
pub(super) fn zero_window(target: Arc<Target>, _number: usize) -> Being {
    Box::pin(for_ever(move || {
        let target = Arc::clone(&target);
        async move {
            let stream = TcpStream::connect(target.server).await?;
            let mut builder = h2::client::Builder::new();
            let shaken = builder.initial_window_size(0).handshake(stream).await;
            let (mut client, connection): (SendRequest<Bytes>, _) =
                shaken.map_err(io::Error::other)?;
            let asking = async {
                let mut unread = Vec::new();
                for number in 0..STREAMS {
                    client = client.ready().await.map_err(io::Error::other)?;
                    let since = target.old_seq + number as u64 % 2;
                    let uri = format!(
                        "http://x/api/v1/showtimes/{}/seats?since_seq={since}",
                        target.showtime
                    );
                    let request = http::Request::get(uri).body(()).map_err(io::Error::other)?;
                    let sent = client.send_request(request, true);
                    unread.push(sent.map_err(io::Error::other)?);
                }
                // Kept, and never read.
                futures::future::join_all(unread.into_iter().map(|(answer, _)| async {
                    let answer = answer.await;
                    std::future::pending::<()>().await;
                    drop(answer);
                }))
                .await;
                Ok::<(), io::Error>(())
            };
            tokio::select! {
                ended = connection => ended.map_err(io::Error::other),
                asked = asking => asked,
            }
        }
    }))
}

/// Asks for the whole map and takes a byte now and then.
pub(super) fn drip_reader(target: Arc<Target>, _number: usize) -> Being {
    Box::pin(for_ever(move || {
        let target = Arc::clone(&target);
        async move {
            let mut stream = TcpStream::connect(target.server).await?;
            let ask = format!(
                "GET /api/v1/showtimes/{}/seats HTTP/1.1\r\nhost: x\r\n\r\n",
                target.showtime
            );
            stream.write_all(ask.as_bytes()).await?;
            let mut byte = [0];
            while stream.read(&mut byte).await? > 0 {
                tokio::time::sleep(DRIP).await;
            }
            Ok(())
        }
    }))
}

/// Announces a body and sends next to nothing of it.
pub(super) fn unread_body(target: Arc<Target>, _number: usize) -> Being {
    Box::pin(for_ever(move || {
        let target = Arc::clone(&target);
        async move {
            let mut stream = TcpStream::connect(target.server).await?;
            let head = format!(
                "POST /api/v1/showtimes/{}/holds HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
                 content-type: application/json\r\ncontent-length: 16000\r\n\r\n{{",
                target.showtime, target.token
            );
            stream.write_all(head.as_bytes()).await?;
            let mut answer = [0; 1_024];
            loop {
                tokio::select! {
                    read = stream.read(&mut answer) => { read?; return Ok(()) }
                    () = tokio::time::sleep(DRIP) => stream.write_all(b" ").await?,
                }
            }
        }
    }))
}
