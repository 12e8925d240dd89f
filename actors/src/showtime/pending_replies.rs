//! Answers parked until the journal's watermark passes the entry that they rest on.

use std::collections::VecDeque;

use metrics::Counter;
use seating::ids::Seq;
use seating::snapshot::{HoldImage, Snapshot};
use tokio::sync::oneshot;

use crate::admission::InFlight;
use crate::error::CallError;
use crate::showtime::message::{Answer, Reply};

/// Parked answers in the order of their entries.
#[derive(Debug)]
pub(crate) struct PendingReplies {
    parked: VecDeque<(Seq, Parked)>,
    late_replies: Counter,
}

/// One parked answer.
#[derive(Debug)]
pub(crate) enum Parked {
    /// To a command.
    Answer {
        answer: Answer,
        reply: Reply,
        seat: InFlight,
    },
    /// To a question about a hold.
    Hold {
        hold: Option<Box<HoldImage>>,
        seq: Seq,
        reply: oneshot::Sender<(Option<HoldImage>, Seq)>,
    },
    /// To a question about the whole state.
    Snapshot {
        snapshot: Box<Snapshot>,
        reply: oneshot::Sender<Snapshot>,
    },
}

impl PendingReplies {
    pub(crate) fn new(late_replies: Counter) -> Self {
        Self {
            parked: VecDeque::new(),
            late_replies,
        }
    }

    /// Parks an answer until `seq` is durable. Entries come in order, so answers do.
    pub(crate) fn park(&mut self, seq: Seq, parked: Parked) {
        debug_assert!(self.parked.back().is_none_or(|(last, _)| *last <= seq));
        self.parked.push_back((seq, parked));
    }

    /// Sends every answer that rests on entries up to `durable`.
    pub(crate) fn release(&mut self, durable: Seq) {
        while self.parked.front().is_some_and(|(seq, _)| *seq <= durable) {
            if let Some((_, parked)) = self.parked.pop_front() {
                self.send(parked);
            }
        }
        if self.parked.is_empty() {
            // A rush leaves no memory behind in an owner that is idle again.
            self.parked.shrink_to(64);
        }
    }

    /// Answers everything parked with the same bad news.
    pub(crate) fn fail(&mut self, error: &CallError) {
        for (_, parked) in self.parked.drain(..) {
            // Whoever asked a question sees its sender go.
            if let Parked::Answer { reply, seat, .. } = parked {
                drop(seat);
                if reply.send(Err(error.clone())).is_err() {
                    self.late_replies.increment(1);
                }
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parked.is_empty()
    }

    fn send(&self, parked: Parked) {
        let sent = match parked {
            Parked::Answer {
                answer,
                reply,
                seat,
            } => {
                // Room first: the caller may come straight back.
                drop(seat);
                reply.send(Ok(answer)).is_ok()
            }
            Parked::Hold { hold, seq, reply } => reply.send((hold.map(|hold| *hold), seq)).is_ok(),
            Parked::Snapshot { snapshot, reply } => reply.send(*snapshot).is_ok(),
        };
        if !sent {
            self.late_replies.increment(1);
        }
    }
}
