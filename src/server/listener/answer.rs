//! An answer's body on its way: it keeps the request's places until its last byte is taken, and
//! goes out in pieces, so that what a client has taken can be told from what merely waits for it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Sleep;

use super::bandwidth::{Bandwidth, STRETCH_BYTES};
use super::progress::Progress;
use super::visitor::Visit;
use crate::http::door::Admitted;

/// Bytes of one piece: what has to be taken within the time that a client has for it.
const PIECE_BYTES: usize = 32 * 1_024;

/// The body of an answer.
#[derive(Debug)]
pub(super) struct AnswerBody {
    body: Body,
    /// Of the frame that is being handed out.
    rest: Bytes,
    bandwidth: Arc<Bandwidth>,
    /// Bytes that may be sent before the next turn is taken.
    sendable: usize,
    /// While it waits for its turn; most answers are too short for that.
    turn: Option<Pin<Box<Sleep>>>,
    served: Option<Served>,
}

/// What a request occupies until its answer is taken.
#[derive(Debug)]
#[expect(dead_code, reason = "places are held for their drop")]
pub(super) struct Served {
    pub(super) visit: Visit,
    /// Absent when the request was refused at the door.
    pub(super) admitted: Option<Admitted>,
    pub(super) progress: Option<Progress>,
}

impl AnswerBody {
    pub(super) const fn new(body: Body, bandwidth: Arc<Bandwidth>, served: Served) -> Self {
        Self {
            body,
            rest: Bytes::new(),
            bandwidth,
            sendable: STRETCH_BYTES,
            turn: None,
            served: Some(served),
        }
    }

    /// Waits until a piece may be sent.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(turn) = &mut self.turn {
            ready!(turn.as_mut().poll(cx));
        } else if self.sendable > 0 {
            return Poll::Ready(());
        } else if let Some(turn) = self.bandwidth.turn() {
            if let Some(progress) = self.progress() {
                progress.wait_until(turn);
            }
            let turn = self.turn.insert(Box::pin(tokio::time::sleep_until(turn)));
            ready!(turn.as_mut().poll(cx));
        }
        self.turn = None;
        self.sendable = STRETCH_BYTES;
        Poll::Ready(())
    }

    fn progress(&self) -> Option<&Progress> {
        self.served.as_ref()?.progress.as_ref()
    }

    fn piece(&mut self) -> Frame<Bytes> {
        let end = self.rest.len().min(PIECE_BYTES);
        self.sendable = self.sendable.saturating_sub(end);
        Frame::data(self.rest.split_to(end))
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if !self.rest.is_empty() {
            ready!(self.poll_turn(cx));
            if let Some(progress) = self.progress() {
                progress.note();
            }
            return Poll::Ready(Some(Ok(self.piece())));
        }
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        polled.map(|frame| match frame?.map(Frame::into_data) {
            // The first piece of a frame waits for no turn, and is there when the answer begins:
            // bodies have one frame.
            Ok(Ok(whole)) => {
                self.rest = whole;
                Some(Ok(self.piece()))
            }
            Ok(Err(trailers)) => Some(Ok(trailers)),
            Err(error) => Some(Err(error)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.len() as u64;
        let body = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(body.lower() + rest);
        if let Some(upper) = body.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;
    use crate::server::listener::visitor::Visitor;

    fn body(bytes: usize) -> AnswerBody {
        let visitor = Visitor::new(([127, 0, 0, 1], 1).into());
        let served = Served {
            visit: visitor.begin(),
            admitted: None,
            progress: None,
        };
        let bandwidth = Arc::new(Bandwidth::new(1 << 20));
        AnswerBody::new(Body::from(vec![7; bytes]), bandwidth, served)
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_goes_out_in_pieces_and_whole() {
        for bytes in [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 10 * PIECE_BYTES] {
            let mut body = body(bytes);
            assert_eq!(body.size_hint().exact(), Some(bytes as u64));
            let mut taken = 0;
            while let Some(frame) = body.frame().await {
                let piece = frame.unwrap().into_data().unwrap();
                assert!(piece.len() <= PIECE_BYTES);
                taken += piece.len();
                assert_eq!(body.size_hint().exact(), Some((bytes - taken) as u64));
            }
            assert_eq!(taken, bytes);
            assert!(body.is_end_stream());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_body_takes_its_turns_and_a_short_one_none() {
        for (bytes, seconds) in [(STRETCH_BYTES, 0), (5 << 20, 4)] {
            let mut body = body(bytes);
            let begun = tokio::time::Instant::now();
            while body.frame().await.is_some() {}
            assert_eq!(begun.elapsed().as_secs(), seconds);
        }
    }
}
