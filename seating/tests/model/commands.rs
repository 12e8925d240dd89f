//! Every kind of command and decision: what random ones ask for, which rule decides it, and what it does.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use seating::command::{Command, Confirm, Role, SaleTermsChange};
use seating::entry::Decision;
use seating::ids::BuyerId;
use seating::places::Places;
use seating::rejection::{HoldEnd, Rejection};
use seating::snapshot::BookingState;
use seating::timestamp::Timestamp;
use testkit::commands::tickets;

use crate::reference::Model;
use crate::resolve::Resolver;
use crate::wishes::{NewId, Pick, Who, Wish, area, changes, new_id, pick, seller, who, wishes};

#[derive(Clone, Debug)]
pub(crate) enum Action {
    Hold(Wish),
    Extend(Pick, Who, u32),
    Release(Pick, Who),
    BeginPayment(Pick, Who, NewId, u32),
    /// Of a pinned hold under its own booking unless `NewId` says otherwise.
    Confirm(Pick, Who, Option<NewId>),
    SettlePayment(Pick),
    ExpireDue,
    Cancel(Pick, Who, Option<Vec<u8>>),
    Block(Vec<u8>, Option<(u8, u32)>),
    Unblock(Vec<u8>, Option<(u8, u32)>),
    /// Gives back something that is blocked.
    UnblockSome(u8),
    Reconfigure(SaleTermsChange),
}

pub(crate) fn actions() -> impl Strategy<Value = Action> {
    let blocked = || (vec(any::<u8>(), 0..3), option::weighted(0.3, area()));
    let tickets = option::of(vec(0..12_u8, 0..4));
    let pinned_until = prop_oneof![8 => 1..2_701_u32, 1 => Just(0), 1 => Just(2_701)];
    let seconds = || prop_oneof![8 => 1..1_801_u32, 1 => Just(0), 1 => any::<u32>()];
    prop_oneof![
        20 => wishes().prop_map(Action::Hold),
        2 => (pick(), who(), seconds()).prop_map(|(h, w, s)| Action::Extend(h, w, s)),
        3 => (pick(), who()).prop_map(|(h, w)| Action::Release(h, w)),
        4 => (pick(), who(), new_id(), pinned_until)
            .prop_map(|(h, w, b, s)| Action::BeginPayment(h, w, b, s)),
        5 => (pick(), seller(), option::weighted(0.2, new_id()))
            .prop_map(|(h, w, b)| Action::Confirm(h, w, b)),
        2 => pick().prop_map(Action::SettlePayment),
        1 => Just(Action::ExpireDue),
        3 => (pick(), who(), tickets).prop_map(|(b, w, t)| Action::Cancel(b, w, t)),
        2 => blocked().prop_map(|(seats, area)| Action::Block(seats, area)),
        1 => blocked().prop_map(|(seats, area)| Action::Unblock(seats, area)),
        1 => any::<u8>().prop_map(Action::UnblockSome),
        1 => changes().prop_map(Action::Reconfigure),
    ]
}

impl Action {
    /// The command that it comes to, by what the model knows.
    pub(crate) fn command(&self, model: &Resolver<'_>) -> Command {
        match self {
            Self::Hold(wish) => Command::Hold(model.wish(wish)),
            Self::Extend(hold, who, seconds) => Command::Extend {
                hold: model.hold(*hold),
                by: Resolver::who(*who, model.owner(*hold)),
                seconds: *seconds,
            },
            Self::Release(hold, who) => Command::Release {
                hold: model.hold(*hold),
                by: Resolver::who(*who, model.owner(*hold)),
            },
            Self::BeginPayment(hold, who, booking, seconds) => Command::BeginPayment {
                hold: model.hold(*hold),
                by: Resolver::who(*who, model.owner(*hold)),
                booking: model.new_booking(*booking),
                seconds: *seconds,
            },
            Self::Confirm(hold, who, booking) => Command::Confirm(Confirm {
                hold: model.hold(*hold),
                by: Resolver::who(*who, model.owner(*hold)),
                booking: model.booking_for(*hold, *booking),
                tickets: tickets(model.fresh),
                payment_reference: model.fresh.is_multiple_of(2).then(|| "till 7".to_owned()),
            }),
            Self::SettlePayment(booking) => Command::SettlePayment {
                booking: model.booking(*booking, &[BookingState::Expired, BookingState::Pending]),
                tickets: tickets(model.fresh),
                payment_reference: Some(format!("payment {}", model.fresh)),
            },
            Self::ExpireDue => Command::ExpireDue,
            Self::Cancel(booking, who, tickets) => {
                let live = [BookingState::Confirmed, BookingState::Pending];
                let booking = model.booking(*booking, &live);
                let owner = model.model.bookings.get(&booking).map(|found| found.buyer);
                Command::CancelBooking {
                    booking,
                    by: Resolver::who(*who, owner),
                    tickets: tickets.clone(),
                }
            }
            Self::Block(seats, area) => Command::Block(model.block(seats, *area)),
            Self::Unblock(seats, area) => Command::Unblock(model.block(seats, *area)),
            Self::UnblockSome(at) => Command::Unblock(model.some_blocked(*at)),
            Self::Reconfigure(change) => Command::Reconfigure(change.clone()),
        }
    }
}

impl Model {
    /// By the rule of its kind; nothing is due any more.
    pub(crate) fn decide(
        &self,
        command: &Command,
        (wall, now): (Timestamp, Timestamp),
        chosen: Option<&Places>,
    ) -> Result<Option<Decision>, Rejection> {
        let decision = match command {
            Command::Hold(hold) => self.hold(hold, (wall, now), chosen)?,
            Command::Extend { hold, by, seconds } => self.extend(*hold, *by, *seconds)?,
            Command::Release { hold, by } => self.release(*hold, *by)?,
            Command::BeginPayment {
                hold,
                by,
                booking,
                seconds,
            } => {
                let allowed = (1..=2_700).contains(seconds);
                let pay_by = allowed.then(|| now.plus_seconds(*seconds));
                self.begin_payment(*hold, *by, *booking, pay_by)?
            }
            Command::Confirm(wanted) => self.confirm(wanted)?,
            Command::SettlePayment {
                booking,
                tickets,
                payment_reference,
            } => self.settle_payment(*booking, tickets, payment_reference.as_ref())?,
            Command::CancelBooking {
                booking,
                by,
                tickets,
            } => self.cancel_booking(*booking, *by, tickets.as_deref())?,
            Command::Block(places) => self.block(places)?,
            Command::Unblock(places) => self.unblock(places)?,
            Command::Reconfigure(change) => return self.reconfigure(change),
            Command::ExpireDue => return Ok(None),
        };
        Ok(Some(decision))
    }

    pub(crate) fn happen(&mut self, decision: &Decision, at: Timestamp) {
        match decision {
            Decision::Opened(terms) | Decision::Reconfigured(terms) => {
                self.terms = terms.clone();
            }
            Decision::Held(held) => {
                if let Some(old) = held.replaced {
                    self.end(old, HoldEnd::Released);
                }
                self.hold_happens(held, at);
            }
            Decision::Extended { hold, expires_at } => {
                self.holds.get_mut(hold).unwrap().expires_at = *expires_at;
            }
            Decision::Released { hold, .. } => self.end(*hold, HoldEnd::Released),
            Decision::PaymentBegun(begun) => self.pin(begun),
            Decision::Confirmed(sale) => {
                self.end(sale.hold, HoldEnd::Confirmed(Some(sale.booking)));
                self.sell(sale);
            }
            Decision::ConfirmedLate(sale) => self.sell(sale),
            Decision::PaymentOrphaned { booking, .. } => {
                let orphan = self.bookings.get_mut(booking).unwrap();
                let pinned = (orphan.state == BookingState::Pending).then_some(orphan.hold);
                orphan.state = BookingState::Orphaned;
                if let Some(hold) = pinned {
                    self.end(hold, HoldEnd::Released);
                }
            }
            Decision::Expired { holds } => holds.iter().for_each(|&hold| self.expire(hold)),
            Decision::BookingCancelled(cancelled) => {
                self.cancel(cancelled.booking, &cancelled.tickets);
            }
            Decision::Blocked(change) => {
                self.blocked_seats.extend(&change.seats);
                for area in &change.areas {
                    *self.blocked_areas.entry(area.section).or_insert(0) += area.quantity;
                }
            }
            Decision::Unblocked(change) => {
                self.blocked_seats
                    .retain(|seat| !change.seats.contains(seat));
                for area in &change.areas {
                    *self.blocked_areas.get_mut(&area.section).unwrap() -= area.quantity;
                }
            }
        }
    }
}

/// Which member of staff an entry names.
pub(crate) fn who_of_staff(command: &Command) -> Option<BuyerId> {
    let by = match command {
        Command::Hold(hold) => hold.by,
        Command::Confirm(confirm) => confirm.by,
        Command::Extend { by, .. }
        | Command::Release { by, .. }
        | Command::BeginPayment { by, .. }
        | Command::CancelBooking { by, .. } => *by,
        Command::Block(places) | Command::Unblock(places) => return places.by,
        Command::Reconfigure(change) => return change.by,
        Command::SettlePayment { .. } | Command::ExpireDue => return None,
    };
    (by.role == Role::Staff).then_some(by.buyer)
}
