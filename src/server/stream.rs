//! A connection's bytes, watched: what comes in is noted, and a client that does not take what it
//! is sent is cut off, or it would keep its place among the connections for ever.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::visitor::Visitor;

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
    }
}

impl<S> Stream<S> {
    pub(super) const fn new(inner: S, visitor: Arc<Visitor>, patience: Duration) -> Self {
        Self {
            inner,
            visitor,
            patience,
            stalled: None,
        }
    }
}

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
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let written = this.inner.poll_write(cx, bytes);
        unless_stalled(written, *this.patience, this.stalled, cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let written = this.inner.poll_write_vectored(cx, slices);
        unless_stalled(written, *this.patience, this.stalled, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let flushed = this.inner.poll_flush(cx);
        unless_stalled(flushed, *this.patience, this.stalled, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
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
