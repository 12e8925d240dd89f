//! Answers parked until the journal's watermark passes the entry that they rest on.

use std::collections::VecDeque;

use metrics::Counter;
use seating::ids::Seq;
use seating::snapshot::{HoldImage, Snapshot};
use tokio::sync::oneshot;

use crate::error::CallError;
use crate::owner::admission::InFlight;
use crate::owner::message::{Answer, HoldsPage, Reply};

/// Below so many parked answers nobody looks which of them nobody waits for any more.
const PRUNED_FROM: usize = 64;

/// Parked answers in the order of their entries.
#[derive(Debug)]
pub(crate) struct PendingReplies {
    parked: VecDeque<(Seq, Parked)>,
    /// As many as this, and questions whose askers have gone are taken out.
    prune_at: usize,
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
    pub(crate) fn park(&mut self, seq: Seq, parked: Parked) {
        debug_assert!(self.parked.back().is_none_or(|(last, _)| *last <= seq));
        // A copy of the whole state is too much to keep for nobody even once.
        if self.parked.len() >= self.prune_at || matches!(parked, Parked::Snapshot { .. }) {
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
            // A rush leaves no memory behind in an owner that is idle again.
            self.parked.shrink_to(PRUNED_FROM);
            self.prune_at = PRUNED_FROM;
        }
    }

    /// Answers everything parked with the same bad news.
    pub(crate) fn fail(&mut self, error: &CallError) {
        for (_, parked) in self.parked.drain(..) {
            // Whoever asked a question sees its sender go.
            if let Parked::Answer { reply, seat, .. } = parked {
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
            Parked::Place(_) => true,
            Parked::Hold { hold, seq, reply } => reply.send((Some(*hold), seq)).is_ok(),
            Parked::Holds { page, reply } => reply.send(page).is_ok(),
            Parked::Snapshot { snapshot, reply } => reply.send(*snapshot).is_ok(),
        };
        if !sent {
            self.late_replies.increment(1);
        }
    }
}

impl Parked {
    /// Whether it answers a question that nobody asks any more. A command keeps its place whether
    /// somebody waits for it or not: it is on its way into the journal.
    fn is_for_nobody(&self) -> bool {
        match self {
            Self::Answer { .. } | Self::Place(_) => false,
            Self::Holds { reply, .. } => reply.is_closed(),
            Self::Hold { reply, .. } => reply.is_closed(),
            Self::Snapshot { reply, .. } => reply.is_closed(),
        }
    }
}
