//! An answer's body on its way: it keeps the request's places until its last byte is taken, and
//! goes out in pieces, so that what a client has taken can be told from what merely waits for it.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

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
    pub(super) const fn new(body: Body, served: Served) -> Self {
        Self {
            body,
            rest: Bytes::new(),
            served: Some(served),
        }
    }

    fn piece(&mut self) -> Frame<Bytes> {
        if let Some(progress) = self.served.as_ref().and_then(|it| it.progress.as_ref()) {
            progress.note();
        }
        let end = self.rest.len().min(PIECE_BYTES);
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
            return Poll::Ready(Some(Ok(self.piece())));
        }
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        polled.map(|frame| match frame?.map(Frame::into_data) {
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
    use crate::server::visitor::Visitor;

    fn body(bytes: usize) -> AnswerBody {
        let visitor = Visitor::new(([127, 0, 0, 1], 1).into());
        let served = Served {
            visit: visitor.begin(),
            admitted: None,
            progress: None,
        };
        AnswerBody::new(Body::from(vec![7; bytes]), served)
    }

    #[tokio::test]
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
}
