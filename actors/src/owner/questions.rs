//! Questions to an owner that change nothing.

use seating::ids::{HoldId, Seq};
use seating::seat_map::SeatMap;
use seating::snapshot::{HoldImage, Snapshot};
use tokio::sync::oneshot;

use crate::owner::Owner;
use crate::owner::message::{HoldsAsked, HoldsPage};
use crate::owner::pending_replies::ParkedReply;

impl Owner {
    /// An answer about a hold is parked like any other, for live state may be ahead of the journal.
    /// That there is no such hold is answered at once.
    pub(super) fn promise_hold(
        &mut self,
        hold: HoldId,
        reply: oneshot::Sender<(Option<HoldImage>, Seq)>,
    ) {
        let Some(hold) = self.map.hold(hold).cloned().map(Box::new) else {
            self.count_late(reply.send((None, self.durable)).is_err());
            return;
        };
        let seq = self.map.seq();
        self.pending
            .park(seq, ParkedReply::Hold { hold, seq, reply });
        self.pending.release(self.durable);
    }

    /// The same of some live holds.
    pub(super) fn promise_holds(
        &mut self,
        asked: HoldsAsked,
        limit: usize,
        reply: oneshot::Sender<HoldsPage>,
    ) {
        let page = HoldsPage::of(&self.map, asked, limit);
        self.pending
            .park(page.seq, ParkedReply::Holds { page, reply });
        self.pending.release(self.durable);
    }

    pub(super) fn promise_snapshot(&mut self, reply: oneshot::Sender<Snapshot>) {
        if let Some(snapshot) = self.map.snapshot() {
            let seq = snapshot.seq;
            self.pending.park(
                seq,
                ParkedReply::Snapshot {
                    snapshot: Box::new(snapshot),
                    reply,
                },
            );
            self.pending.release(self.durable);
        }
    }
}

impl HoldsPage {
    /// As this map knows them.
    pub(crate) fn of(map: &SeatMap, asked: HoldsAsked, limit: usize) -> Self {
        let (holds, next) = match asked {
            HoldsAsked::OfBuyer(buyer) => (map.holds_of(buyer, limit), None),
            HoldsAsked::All { after } => map.holds_after(after, limit),
        };
        let seq = map.seq();
        Self { holds, next, seq }
    }
}
