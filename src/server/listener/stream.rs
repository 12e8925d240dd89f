//! A connection's bytes, watched: what comes in is noted, and a client that does not take what it
//! is sent is cut off, or it would keep its place among the connections for ever.
//!
//! What the HTTP library refuses by itself, it answers with a bare status. That goes out as a problem
//! document, like everything else that goes wrong: here is the one place that sees it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::visitor::Visitor;
use crate::http::edge::bare;

pin_project! {
    /// Ends with [`io::ErrorKind::TimedOut`] when nothing can be written for too long.
    #[derive(Debug)]
    pub(super) struct Stream<S> {
        #[pin]
        inner: S,
        visitor: Arc<Visitor>,
        patience: Duration,
        // While a write waits; most connections never have one.
        stalled: Option<Pin<Box<Sleep>>>,
        // What is written before anything else, in place of what was.
        instead: Bytes,
    }
}

impl<S> Stream<S> {
    pub(super) const fn new(inner: S, visitor: Arc<Visitor>, patience: Duration) -> Self {
        Self {
            inner,
            visitor,
            patience,
            stalled: None,
            instead: Bytes::new(),
        }
    }
}

impl<S: AsyncWrite> Stream<S> {
    /// Writes what goes out in place of something else.
    fn poll_instead(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut this = self.project();
        while !this.instead.is_empty() {
            let written = this.inner.as_mut().poll_write(cx, this.instead);
            let written = ready!(unless_stalled(written, *this.patience, this.stalled, cx))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            drop(this.instead.split_to(written));
        }
        Poll::Ready(Ok(()))
    }

    /// Takes a bare refusal for written, and keeps in words what goes out for it.
    fn replaced(self: Pin<&mut Self>, bytes: &[u8]) -> Option<usize> {
        let this = self.project();
        let status = bare_refusal(bytes).filter(|_| !this.visitor.is_at_work())?;
        *this.instead = bare::answer(status).into();
        Some(bytes.len())
    }
}

/// The status of a head that says nothing else: every answer of ours has an id.
fn bare_refusal(bytes: &[u8]) -> Option<StatusCode> {
    let head = bytes.strip_prefix(b"HTTP/1.")?.get(2..)?;
    let refused = head.starts_with(b"4") && head.len() <= BARE_BYTES_MAX;
    if !refused || !head.ends_with(b"\r\n\r\n") {
        return None;
    }
    let head = std::str::from_utf8(head).ok()?;
    let ours = head.contains("x-request-id: ");
    let empty = head.contains("content-length: 0\r\n");
    let status = StatusCode::from_bytes(head.get(..3)?.as_bytes()).ok()?;
    (empty && !ours && BARE.contains(&status)).then_some(status)
}

/// What the library answers by itself; a bare 404 is that of a router without an edge.
const BARE: [StatusCode; 3] = [
    StatusCode::BAD_REQUEST,
    StatusCode::URI_TOO_LONG,
    StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
];

/// Longer than any head without headers of ours.
const BARE_BYTES_MAX: usize = 256;

/// What a write came to, unless it has waited for too long.
fn unless_stalled<T>(
    written: Poll<io::Result<T>>,
    patience: Duration,
    stalled: &mut Option<Pin<Box<Sleep>>>,
    cx: &mut Context<'_>,
) -> Poll<io::Result<T>> {
    if written.is_ready() {
        *stalled = None;
        return written;
    }
    let sleep = stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
    ready!(sleep.as_mut().poll(cx));
    Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
}

impl<S: AsyncRead> AsyncRead for Stream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.project();
        let before = buffer.filled().len();
        let read = this.inner.poll_read(cx, buffer);
        this.visitor.note_read(&buffer.filled()[before..]);
        read
    }
}

impl<S: AsyncWrite> AsyncWrite for Stream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.as_mut().poll_instead(cx))?;
        if let Some(taken) = self.as_mut().replaced(bytes) {
            return Poll::Ready(Ok(taken));
        }
        let this = self.project();
        let written = this.inner.poll_write(cx, bytes);
        unless_stalled(written, *this.patience, this.stalled, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.as_mut().poll_instead(cx))?;
        let first = slices.iter().find(|slice| !slice.is_empty());
        if let Some(taken) = first.and_then(|first| self.as_mut().replaced(first)) {
            return Poll::Ready(Ok(taken));
        }
        let this = self.project();
        let written = this.inner.poll_write_vectored(cx, slices);
        unless_stalled(written, *this.patience, this.stalled, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_instead(cx))?;
        let this = self.project();
        let flushed = this.inner.poll_flush(cx);
        unless_stalled(flushed, *this.patience, this.stalled, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_instead(cx))?;
        let this = self.project();
        let shut = this.inner.poll_shutdown(cx);
        unless_stalled(shut, *this.patience, this.stalled, cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn watched<S>(stream: S) -> Stream<S> {
        Stream::new(stream, Visitor::new(([127, 0, 0, 1], 1).into()), PATIENCE)
    }

    const PATIENCE: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn who_stops_reading_is_cut_off() {
        let (stream, _never_read) = tokio::io::duplex(64);
        let mut stream = watched(stream);
        let begun = tokio::time::Instant::now();
        let error = stream.write_all(&[0; 1_000]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(begun.elapsed().as_secs(), PATIENCE.as_secs());
    }

    const REFUSED: &[u8] = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\
        content-length: 0\r\ndate: Fri, 15 Jan 2027 18:30:00 GMT\r\n\r\n";

    #[tokio::test(start_paused = true)]
    async fn a_bare_refusal_goes_out_in_words_and_whole() {
        // Room for a few bytes at a time.
        let (stream, mut reader) = tokio::io::duplex(7);
        let mut stream = watched(stream);
        let reading = tokio::spawn(async move {
            let mut text = String::new();
            reader.read_to_string(&mut text).await.unwrap();
            text
        });
        stream.write_all(REFUSED).await.unwrap();
        stream.shutdown().await.unwrap();
        drop(stream);
        let text = reading.await.unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 431 Request Header"), "{head}");
        assert!(
            head.contains(&format!("content-length: {}\r\n", body.len())),
            "{head}"
        );
        assert!(head.contains("connection: close"), "{head}");
        assert!(body.contains("HEADERS_TOO_LARGE"), "{body}");
    }

    #[test]
    fn answers_of_ours_go_out_as_they_are() {
        assert_eq!(
            bare_refusal(REFUSED),
            Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
        );
        let others: [&[u8]; 6] = [
            b"",
            b"HTTP/1.1 404 Not Found\r\nx-request-id: x\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 5\r\n\r\n",
            b"HTTP/1.1 304 Not Modified\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n",
        ];
        for bytes in others {
            assert_eq!(bare_refusal(bytes), None, "{bytes:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_reads_slowly_is_not() {
        let (stream, mut reader) = tokio::io::duplex(64);
        let mut stream = watched(stream);
        let reading = tokio::spawn(async move {
            let mut some = [0; 64];
            while reader.read(&mut some).await.is_ok_and(|bytes| bytes > 0) {
                tokio::time::sleep(PATIENCE / 2).await;
            }
        });
        stream.write_all(&[0; 1_000]).await.unwrap();
        drop(stream);
        reading.await.unwrap();
    }
}
