//! From a command to the decision, or the rejection. Nothing here changes anything.
//!
//! A file for each command; what several of them check is in `checks`.

mod begin_payment;
mod block;
mod cancel;
mod checks;
mod confirm;
mod extend;
mod hold;
mod reconfigure;
mod release;
mod settle_payment;

use self::checks::running;
use self::settle_payment::Payment;
use crate::clock::Moment;
use crate::command::Command;
use crate::entry::Decision;
use crate::rejection::Rejection;
use crate::seat_map::SeatMap;

impl SeatMap {
    /// The decision on a command at `now`; `None` when there is nothing to do.
    ///
    /// Holds that are due must have been expired before, as [`SeatMap::execute`] does.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] by the first rule that says no; nothing has changed.
    pub fn decide(&self, command: &Command, now: Moment) -> Result<Option<Decision>, Rejection> {
        let terms = self.terms.as_ref().ok_or(Rejection::NotOpened)?;
        let decision = match command {
            Command::Hold(hold) => self.decide_hold(hold, terms, now)?,
            Command::Extend { hold, by, seconds } => {
                self.decide_extend(*hold, *by, *seconds, terms)?
            }
            Command::Release { hold, by } => self.decide_release(*hold, *by)?,
            Command::BeginPayment {
                hold,
                by,
                booking,
                seconds,
            } => {
                running(terms)?;
                self.decide_begin_payment((*hold, *booking), *by, *seconds, now.own)?
            }
            Command::Confirm(confirm) => {
                running(terms)?;
                self.decide_confirm(confirm)?
            }
            Command::SettlePayment {
                booking,
                tickets,
                payment_reference,
            } => {
                let payment = Payment {
                    tickets,
                    reference: payment_reference.as_ref(),
                    takes_place: running(terms).is_ok(),
                };
                self.decide_settle_payment(*booking, &payment)?
            }
            Command::CancelBooking {
                booking,
                by,
                tickets,
            } => self.decide_cancel(*booking, *by, tickets.as_deref())?,
            Command::Block(places) => self.decide_block(places)?,
            Command::Unblock(places) => self.decide_unblock(places)?,
            Command::Reconfigure(change) => return Self::decide_reconfigure(terms, change),
            // Expiry has run by the time a command is decided.
            Command::ExpireDue => return Ok(None),
        };
        Ok(Some(decision))
    }
}
