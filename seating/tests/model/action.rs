//! What random histories consist of, and the command that each step comes to.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::strategy::BoxedStrategy;
use seating::command::{Command, Confirm, SaleTermsChange};
use seating::snapshot::BookingState;
use testkit::commands::tickets;

use crate::resolve::Resolver;
use crate::wishes::{NewId, Pick, Who, Wish, area, changes, new_id, pick, seller, who, wishes};

/// One step of a history: the clock moves, then somebody asks for something.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// By how much the clock on the wall moves; clocks do run backwards.
    pub(crate) seconds: i32,
    /// How much time really passes.
    pub(crate) passed_seconds: u32,
    pub(crate) stamp: Stamp,
    pub(crate) action: Action,
}

/// Under which idempotency key.
#[derive(Clone, Debug)]
pub(crate) enum Stamp {
    None,
    Fresh,
    /// An earlier stamped request is sent again, whatever the action.
    Again(u8),
    /// The key of an earlier request is used for this one.
    Reused(u8),
}

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

pub(crate) fn steps() -> BoxedStrategy<Step> {
    let right = |seconds: u32| (i32::try_from(seconds).unwrap(), seconds);
    let times = prop_oneof![
        24 => (0..15_u32).prop_map(right),
        4 => (60..400_u32).prop_map(right),
        1 => (1_500..4_000_u32).prop_map(right),
        2 => (-300..0_i32, 0..15_u32),
        1 => (-4_000..4_000_i32, 0..400_u32),
    ];
    let stamp = prop_oneof![
        16 => Just(Stamp::None),
        6 => Just(Stamp::Fresh),
        1 => any::<u8>().prop_map(Stamp::Again),
        1 => any::<u8>().prop_map(Stamp::Reused),
    ];
    let step = (times, stamp, actions());
    step.prop_map(|((seconds, passed_seconds), stamp, action)| Step {
        seconds,
        passed_seconds,
        stamp,
        action,
    })
    .boxed()
}

fn actions() -> impl Strategy<Value = Action> {
    let blocked = || (vec(any::<u8>(), 0..3), option::weighted(0.3, area()));
    let tickets = option::of(vec(0..12_u8, 0..4));
    let pinned_until = prop_oneof![8 => 1..2_701_u32, 1 => Just(0), 1 => Just(2_701)];
    let seconds = prop_oneof![8 => 1..1_801_u32, 1 => Just(0), 1 => any::<u32>()];
    prop_oneof![
        20 => wishes().prop_map(Action::Hold),
        2 => (pick(), who(), seconds).prop_map(|(h, w, s)| Action::Extend(h, w, s)),
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
