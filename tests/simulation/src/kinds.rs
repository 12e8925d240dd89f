//! What the simulated people have to know of each kind of command and decision, in one place each.

use std::fmt;

use seating::command::Command;
use seating::entry::Decision;
use seating::ids::{BookingId, HoldId};
use seating::timestamp::Timestamp;

/// What a command names.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Named {
    /// A hold that is there already.
    pub(crate) hold: Option<HoldId>,
    /// A hold that it makes.
    pub(crate) new_hold: Option<HoldId>,
    /// A booking that it makes.
    pub(crate) new_booking: Option<BookingId>,
}

/// What a command names.
pub(crate) fn named(command: &Command) -> Named {
    let (hold, new_hold, new_booking) = match command {
        Command::Hold(wish) => (None, Some(wish.hold), None),
        Command::Extend { hold, .. } | Command::Release { hold, .. } => (Some(*hold), None, None),
        Command::BeginPayment { hold, booking, .. } => (Some(*hold), None, Some(*booking)),
        Command::Confirm(confirm) => (Some(confirm.hold), None, Some(confirm.booking)),
        Command::SettlePayment { .. }
        | Command::ExpireDue
        | Command::CancelBooking { .. }
        | Command::Block(_)
        | Command::Unblock(_)
        | Command::Reconfigure(_) => (None, None, None),
    };
    Named {
        hold,
        new_hold,
        new_booking,
    }
}

/// What a decision means for a hold.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    /// It has this deadline, until another is said.
    LivesUntil(HoldId, Timestamp),
    /// It is over.
    Over(HoldId),
}

/// What a decision that was asked for means for holds. Those that expire nobody asked for.
pub(crate) fn fates(decision: &Decision) -> Vec<Fate> {
    match decision {
        Decision::Held(held) => {
            let replaced = held.replaced.map(Fate::Over);
            let lives = Fate::LivesUntil(held.hold, held.expires_at);
            replaced.into_iter().chain([lives]).collect()
        }
        Decision::Extended { hold, expires_at } => vec![Fate::LivesUntil(*hold, *expires_at)],
        Decision::PaymentBegun(begun) => vec![Fate::LivesUntil(begun.hold, begun.pay_by)],
        Decision::Released { hold, .. } => vec![Fate::Over(*hold)],
        Decision::Confirmed(sale) => vec![Fate::Over(sale.hold)],
        Decision::Opened(_)
        | Decision::ConfirmedLate(_)
        | Decision::PaymentOrphaned { .. }
        | Decision::Expired { .. }
        | Decision::BookingCancelled(_)
        | Decision::Blocked(_)
        | Decision::Unblocked(_)
        | Decision::Reconfigured(_) => Vec::new(),
    }
}

/// A command as the diary shows it: without the tickets that it brings along.
#[derive(Debug)]
pub(crate) struct Brief<'a>(pub(crate) &'a Command);

impl fmt::Display for Brief<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Command::Confirm(confirm) = self.0 {
            return write!(f, "Confirm({} as {})", confirm.hold, confirm.booking);
        }
        if let Command::SettlePayment { booking, .. } = self.0 {
            return write!(f, "SettlePayment({booking})");
        }
        write!(f, "{:?}", self.0)
    }
}
