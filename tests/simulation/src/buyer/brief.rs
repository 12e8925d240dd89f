//! Commands in the diary.

use std::fmt;

use seating::command::Command;

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
