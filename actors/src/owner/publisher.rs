//! From the owner's live state to the view that everybody sees.
//!
//! A view is taken as soon as something is new, and published once its last entry is durable.
//! While one waits, changes gather for the next: under load a view is at most two commits old,
//! and at rest it is published before the answer that caused it.

use std::sync::Arc;

use seating::ids::{Epoch, Seq};
use seating::seat_map::SeatMap;
use tokio::sync::watch;

use crate::owner::seat_gauges::SeatGauges;
use crate::view::View;

#[derive(Debug)]
pub(crate) struct Publisher {
    shown: watch::Sender<Arc<View>>,
    latest: View,
    /// Taken, but not durable yet.
    waiting: Option<Arc<View>>,
    gauges: SeatGauges,
}

impl Publisher {
    pub(crate) fn new(map: &SeatMap, epoch: Epoch) -> Self {
        let latest = View::of(map, epoch);
        let mut gauges = SeatGauges::new();
        gauges.report(latest.total_counts());
        let shown = watch::Sender::new(Arc::new(latest.clone()));
        Self {
            shown,
            latest,
            waiting: None,
            gauges,
        }
    }

    /// Where readers find the views.
    pub(crate) fn views(&self) -> watch::Receiver<Arc<View>> {
        self.shown.subscribe()
    }

    /// Takes a view if there is something new and none is waiting.
    pub(crate) fn stage(&mut self, map: &mut SeatMap) {
        if self.waiting.is_some() || map.seq() == self.latest.seq() {
            return;
        }
        self.latest.update(map, &map.changes().seats);
        map.forget_changed_seats();
        self.waiting = Some(Arc::new(self.latest.clone()));
    }

    /// Publishes the waiting view if everything in it is durable.
    pub(crate) fn publish(&mut self, durable: Seq) {
        let Some(view) = self.waiting.take_if(|view| view.seq() <= durable) else {
            return;
        };
        self.gauges.report(view.total_counts());
        self.shown.send_replace(view);
    }
}
