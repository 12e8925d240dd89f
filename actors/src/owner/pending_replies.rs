//! Answers parked until the journal's watermark passes the entry that they rest on.

use std::collections::VecDeque;

use metrics::Counter;
use seating::ids::Seq;
use seating::snapshot::{HoldImage, Snapshot};
use tokio::sync::oneshot;

use crate::error::CallError;
use crate::owner::admission::InFlight;
use crate::owner::message::{Answer, HoldsPage, Reply};

/// Below so many parked answers, those without a caller are not looked for.
const PRUNED_FROM: usize = 64;

/// Parked answers in the order of their entries.
#[derive(Debug)]
pub(crate) struct PendingReplies {
    parked: VecDeque<(Seq, ParkedReply)>,
    /// At this number, questions whose callers have gone are dropped.
    prune_at: usize,
    late_replies: Counter,
}

/// One parked answer.
#[derive(Debug)]
pub(crate) enum ParkedReply {
    /// To a command.
    Answer {
        answer: Answer,
        reply: Reply,
        seat: InFlight,
    },
    /// None: it left early. Its place stays taken until its entry is durable, or one showtime
    /// could fill the backlog of all.
    Place(#[expect(dead_code, reason = "it is there to be dropped")] InFlight),
    /// To a question about some holds.
    Holds {
        page: HoldsPage,
        reply: oneshot::Sender<HoldsPage>,
    },
    /// To a question about a hold.
    Hold {
        hold: Box<HoldImage>,
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
            prune_at: PRUNED_FROM,
            late_replies,
        }
    }

    /// Parks an answer until `seq` is durable. Entries come in order, so answers do.
    pub(crate) fn park(&mut self, seq: Seq, parked: ParkedReply) {
        debug_assert!(self.parked.back().is_none_or(|(last, _)| *last <= seq));
        // A copy of the whole state is too large to keep for a caller that has gone.
        if self.parked.len() >= self.prune_at || matches!(parked, ParkedReply::Snapshot { .. }) {
            self.parked.retain(|(_, parked)| !parked.is_for_nobody());
            self.prune_at = PRUNED_FROM.max(self.parked.len() * 2);
        }
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
            // An owner that is idle again gives back the memory of a rush.
            self.parked.shrink_to(PRUNED_FROM);
            self.prune_at = PRUNED_FROM;
        }
    }

    /// Answers everything parked with the same error.
    pub(crate) fn fail(&mut self, error: &CallError) {
        for (_, parked) in self.parked.drain(..) {
            // The caller of a question sees its sender dropped.
            if let ParkedReply::Answer { reply, seat, .. } = parked {
                drop(seat);
                if reply.send(Err(error.clone().into())).is_err() {
                    self.late_replies.increment(1);
                }
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parked.is_empty()
    }

    #[cfg(feature = "test-util")]
    pub(crate) fn len(&self) -> usize {
        self.parked.len()
    }

    fn send(&self, parked: ParkedReply) {
        let sent = match parked {
            ParkedReply::Answer {
                answer,
                reply,
                seat,
            } => {
                // Free the place before replying, so that an immediate retry is not refused.
                drop(seat);
                reply.send(Ok(answer)).is_ok()
            }
            ParkedReply::Place(_) => true,
            ParkedReply::Hold { hold, seq, reply } => reply.send((Some(*hold), seq)).is_ok(),
            ParkedReply::Holds { page, reply } => reply.send(page).is_ok(),
            ParkedReply::Snapshot { snapshot, reply } => reply.send(*snapshot).is_ok(),
        };
        if !sent {
            self.late_replies.increment(1);
        }
    }
}

impl ParkedReply {
    /// Whether it answers a question whose caller has gone. A command keeps its place either way:
    /// it is on its way into the journal.
    fn is_for_nobody(&self) -> bool {
        match self {
            Self::Answer { .. } | Self::Place(_) => false,
            Self::Holds { reply, .. } => reply.is_closed(),
            Self::Hold { reply, .. } => reply.is_closed(),
            Self::Snapshot { reply, .. } => reply.is_closed(),
        }
    }
}
