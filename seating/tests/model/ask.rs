//! What a command must lead to: first what is due expires, then it is decided, unless it was before.

use std::collections::BTreeSet;

use seating::command::Command;
use seating::entry::{Decision, RequestStamp};
use seating::ids::HoldId;
use seating::places::Places;
use seating::seat_map::Executed;
use seating::timestamp::Timestamp;

use crate::commands::who_of_staff;
use crate::reference::{Expected, Model};

/// What the seat map said that the model judges instead of computing it.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// The order in which holds expired: among equal deadlines any will do.
    pub(crate) expired: Vec<HoldId>,
    /// The places chosen for a best-available wish.
    pub(crate) chosen: Option<Places>,
}

impl Model {
    /// What a command must lead to; the model has done the same afterwards.
    pub(crate) fn ask(
        &mut self,
        (clock, passed): (Timestamp, u64),
        command: &Command,
        stamp: Option<RequestStamp>,
        said: &Said,
    ) -> Expected {
        let since = passed - self.passed_at.unwrap_or(passed);
        let since = u32::try_from(since).unwrap();
        let now = clock.max(self.at.plus_seconds(since));
        self.passed_at.get_or_insert(passed);
        let mut entries = Vec::new();
        let due = self.live_holds().filter(|hold| hold.expires_at <= now);
        let due: BTreeSet<HoldId> = due.map(|hold| hold.id).collect();
        assert_eq!(
            due,
            said.expired.iter().copied().collect(),
            "what is due expires"
        );
        if !due.is_empty() {
            let deadlines = said.expired.iter().map(|id| self.holds[id].expires_at);
            assert!(deadlines.is_sorted() && said.expired.len() == due.len());
            let holds = said.expired.clone();
            entries.push(self.record(now, (None, None), Decision::Expired { holds }));
            self.passed_at = Some(passed);
        }
        if let Some(answer) = stamp.and_then(|stamp| self.answered(stamp)) {
            return Expected { entries, answer };
        }
        let answer = match self.decide(command, (clock, now), said.chosen.as_ref()) {
            Ok(Some(decision)) => {
                entries.push(self.record(now, (stamp, who_of_staff(command)), decision));
                self.passed_at = Some(passed);
                Ok(Executed::Recorded)
            }
            Ok(None) => Ok(Executed::Nothing),
            Err(rejection) => Err(rejection),
        };
        Expected { entries, answer }
    }
}
