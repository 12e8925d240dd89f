//! From a command to the event it comes to, or the reason why not. Nothing here changes anything.

use crate::clock::Moment;
use crate::command::{Command, Party, Role};
use crate::event::Event;
use crate::holds::HoldSlot;
use crate::ids::HoldId;
use crate::limits::TEXT_BYTES_MAX;
use crate::rejection::{HoldEnd, Rejection};
use crate::seat_map::SeatMap;
use crate::seat_map::decide_booking::LatePayment;
use crate::settings::{SaleStatus, Settings};
use crate::snapshot::{HoldImage, HoldLife};
use crate::text::check_prose;
use crate::timestamp::Timestamp;

impl SeatMap {
    /// What a command comes to at `now`; `None` when there is nothing to do.
    ///
    /// Holds that are due must have been expired before, as [`SeatMap::execute`] does.
    pub fn decide(&self, command: &Command, now: Moment) -> Result<Option<Event>, Rejection> {
        let settings = self.settings.as_ref().ok_or(Rejection::NotOpened)?;
        let event = match command {
            Command::Hold(hold) => self.decide_hold(hold, settings, now)?,
            Command::Extend { hold, by, seconds } => {
                self.decide_extend(*hold, *by, *seconds, settings)?
            }
            Command::Release { hold, by } => self.decide_release(*hold, *by)?,
            Command::BeginPayment {
                hold,
                by,
                booking,
                seconds,
            } => {
                running(settings)?;
                self.decide_begin_payment((*hold, *booking), *by, *seconds, now.own)?
            }
            Command::Confirm(confirm) => {
                running(settings)?;
                self.decide_confirm(confirm)?
            }
            Command::ConfirmLate {
                booking,
                tickets,
                payment_reference,
            } => {
                let late = LatePayment {
                    tickets,
                    payment_reference: payment_reference.as_ref(),
                    takes_place: running(settings).is_ok(),
                };
                self.decide_confirm_late(*booking, &late)?
            }
            Command::CancelBooking {
                booking,
                by,
                tickets,
            } => self.decide_cancel(*booking, *by, tickets.as_deref())?,
            Command::Block(places) => self.decide_block(places)?,
            Command::Unblock(places) => self.decide_unblock(places)?,
            Command::Reconfigure(change) => return Self::decide_reconfigure(settings, change),
            // Expiry has run by the time a command is decided.
            Command::ExpireDue => return Ok(None),
        };
        Ok(Some(event))
    }

    /// A hold that this party may act on and that is not over.
    pub(super) fn live_hold(
        &self,
        id: HoldId,
        by: Party,
    ) -> Result<(HoldSlot, &HoldImage), Rejection> {
        let (slot, hold) = self.holds.find(id).ok_or(Rejection::HoldNotFound)?;
        if by.role == Role::Buyer && hold.buyer != by.buyer {
            // Whose hold it is, is nobody else's business.
            return Err(Rejection::HoldNotFound);
        }
        match hold.life {
            HoldLife::Held | HoldLife::Pinned(_) => Ok((slot, hold)),
            HoldLife::Ended(HoldEnd::Expired) => Err(Rejection::HoldExpired),
            HoldLife::Ended(how) => Err(Rejection::HoldEnded { how }),
        }
    }

    /// Such a hold whose payment has not begun.
    pub(super) fn unpinned_hold(
        &self,
        id: HoldId,
        by: Party,
    ) -> Result<(HoldSlot, &HoldImage), Rejection> {
        let (slot, hold) = self.live_hold(id, by)?;
        match hold.life {
            HoldLife::Held => Ok((slot, hold)),
            HoldLife::Pinned(_) | HoldLife::Ended(_) => Err(Rejection::HoldPinned),
        }
    }
}

/// The showtime takes place: needed to sell what is held. A pause does not break promises.
pub(super) fn running(settings: &Settings) -> Result<(), Rejection> {
    match settings.status {
        SaleStatus::Draft | SaleStatus::Open | SaleStatus::Paused => Ok(()),
        SaleStatus::Cancelled => Err(Rejection::NotOnSale { opens_at: None }),
    }
}

/// New holds are given: the house may do so outside the sale window, during a pause and before
/// anything is announced.
pub(super) fn on_sale(settings: &Settings, by: Role, wall: Timestamp) -> Result<(), Rejection> {
    running(settings)?;
    if by == Role::House {
        return Ok(());
    }
    let early = settings.on_sale_from.filter(|from| wall < *from);
    let over = settings.on_sale_until.is_some_and(|until| wall >= until);
    if early.is_some() || over || settings.status != SaleStatus::Open {
        return Err(Rejection::NotOnSale { opens_at: early });
    }
    Ok(())
}

/// A value outside its bounds.
pub(super) fn invalid(field: &'static str, reason: impl Into<String>) -> Rejection {
    Rejection::Invalid {
        field,
        reason: reason.into(),
    }
}

/// Free text that is printed and stored.
pub(super) fn valid_text(field: &'static str, text: &str) -> Result<(), Rejection> {
    if text.is_empty() {
        return Ok(());
    }
    check_prose(text, TEXT_BYTES_MAX).map_err(|reason| invalid(field, reason))
}
