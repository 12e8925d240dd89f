//! What is asked of a showtime. Ids and secrets come in with the command.

use strum::{EnumDiscriminants, IntoStaticStr, VariantArray};

use crate::ids::{BookingId, BuyerId, HoldId, TicketCode, TicketId};
use crate::limits::PLACES_PER_HOLD_MAX;
use crate::places::{AreaQuantity, Places};
use crate::sale_terms::{GapRule, SaleStatus};
use crate::seat_layout::{SeatIndex, SectionIndex, TierIndex};
use crate::timestamp::Timestamp;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party {
    /// Whose holds and bookings these are.
    pub buyer: BuyerId,
    /// As whom they ask.
    pub role: Role,
}

/// As whom somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Acts on its own holds and bookings only.
    Buyer,
    /// The box office, the organiser: act on anybody's, outside the sale window, above the buyer's
    /// cap and free of the gap rule.
    Staff,
}

/// One request to a showtime's owner.
#[derive(Clone, Debug, PartialEq, EnumDiscriminants)]
#[strum_discriminants(
    name(CommandKind),
    derive(VariantArray, IntoStaticStr),
    strum(serialize_all = "snake_case"),
    doc = "What a command asks for, without for whom and of what."
)]
pub enum Command {
    /// Set places aside.
    Hold(Hold),
    /// Move a hold's deadline `seconds` later.
    Extend {
        hold: HoldId,
        /// Its buyer.
        by: Party,
        /// Seconds to add to the deadline.
        seconds: u32,
    },
    /// Give a hold's places back.
    Release {
        hold: HoldId,
        /// Its buyer, or staff.
        by: Party,
    },
    /// Pin a hold for a booking until its payment deadline.
    BeginPayment {
        hold: HoldId,
        /// Its buyer, or staff.
        by: Party,
        /// The booking that the payment is for.
        booking: BookingId,
        /// Seconds from now that the payment may take.
        seconds: u32,
    },
    /// Turn a hold into sold places.
    Confirm(Confirm),
    /// A payment was made: its places are sold if its pin still stands or all of them are free,
    /// otherwise the money must go back.
    SettlePayment {
        /// The booking that was paid for.
        booking: BookingId,
        /// Ids and codes for its tickets.
        tickets: Box<TicketStock>,
        /// The payment provider's reference.
        payment_reference: Option<String>,
    },
    /// End every hold whose deadline has passed.
    #[strum_discriminants(strum(serialize = "expire"))]
    ExpireDue,
    /// Cancel a booking or some of its tickets.
    #[strum_discriminants(strum(serialize = "cancel"))]
    CancelBooking {
        booking: BookingId,
        /// Its buyer, or staff.
        by: Party,
        /// Ticket numbers from 1; `None` cancels all that are left.
        tickets: Option<Vec<u8>>,
    },
    /// Take places off sale.
    Block(BlockPlaces),
    /// Put blocked places back on sale.
    Unblock(BlockPlaces),
    /// Change the sale's terms.
    Reconfigure(SaleTermsChange),
}

/// Set places aside for a buyer.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::struct_field_names,
    reason = "every command names the hold it is about in the same way"
)]
pub struct Hold {
    pub hold: HoldId,
    pub by: Party,
    pub want: Want,
    /// How long, if not the showtime's default.
    pub ttl_seconds: Option<u32>,
    /// A hold of the same buyer that the new one replaces in the same step.
    pub replace: Option<HoldId>,
    /// Whether places that are named may be blocked ones: only staff sell those.
    pub include_blocked: bool,
}

/// Which places a hold is to cover.
#[derive(Clone, Debug, PartialEq)]
pub enum Want {
    /// Exactly these.
    Places(Places),
    /// The best that is available.
    BestAvailable(BestAvailable),
}

/// A wish for seats together.
#[derive(Clone, Debug, PartialEq)]
pub struct BestAvailable {
    pub quantity: u32,
    /// Only in these sections; empty means anywhere.
    pub sections: Vec<SectionIndex>,
    /// Only in these price tiers; empty means any.
    pub tiers: Vec<TierIndex>,
    /// Whether seats apart are better than none.
    pub allow_split: bool,
}

/// Turn a hold into a booking with tickets.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirm {
    pub hold: HoldId,
    /// Its buyer, or staff.
    pub by: Party,
    /// The booking: new for a hold, the pin's own for a pinned one.
    pub booking: BookingId,
    /// Ids and codes for its tickets.
    pub tickets: Box<TicketStock>,
    /// The till's or the payment provider's reference.
    pub payment_reference: Option<String>,
}

/// Ids and codes for as many tickets as any one booking can need.
pub type TicketStock = [(TicketId, TicketCode); PLACES_PER_HOLD_MAX];

/// Places to block or unblock.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct BlockPlaces {
    /// The member of staff who asks, for the record.
    pub by: Option<BuyerId>,
    pub seats: Vec<SeatIndex>,
    /// This much of these areas.
    pub areas: Vec<AreaQuantity>,
    /// Why, for the record.
    pub reason: String,
}

/// Terms to change; `None` leaves one as it is.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[expect(
    clippy::option_option,
    reason = "leaving a point in time as it is differs from removing it"
)]
pub struct SaleTermsChange {
    /// The member of staff who asks, for the record.
    pub by: Option<BuyerId>,
    /// New start of sale; `Some(None)` removes it.
    pub on_sale_from: Option<Option<Timestamp>>,
    /// New end of sale; `Some(None)` removes it.
    pub on_sale_until: Option<Option<Timestamp>>,
    /// New cap per buyer.
    pub max_per_buyer: Option<u32>,
    /// New default time of a hold.
    pub hold_ttl_seconds: Option<u32>,
    /// New longest time that a buyer keeps a place without buying it.
    pub hold_ttl_max_seconds: Option<u32>,
    /// New gap rule.
    pub gap_rule: Option<GapRule>,
    /// Published, paused, resumed or cancelled.
    pub status: Option<SaleStatus>,
}

impl Party {
    /// Who asks, if it is staff.
    pub fn of_staff(self) -> Option<BuyerId> {
        (self.role == Role::Staff).then_some(self.buyer)
    }
}

impl CommandKind {
    /// Every kind, in the order of the commands.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Its name in labels and logs.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl Command {
    /// What it asks for.
    pub fn kind(&self) -> CommandKind {
        self.into()
    }

    /// The member of staff who asks for it, if one does.
    pub fn of_staff(&self) -> Option<BuyerId> {
        match self {
            Self::Hold(Hold { by, .. })
            | Self::Confirm(Confirm { by, .. })
            | Self::Extend { by, .. }
            | Self::Release { by, .. }
            | Self::BeginPayment { by, .. }
            | Self::CancelBooking { by, .. } => by.of_staff(),
            Self::Block(BlockPlaces { by, .. })
            | Self::Unblock(BlockPlaces { by, .. })
            | Self::Reconfigure(SaleTermsChange { by, .. }) => *by,
            Self::SettlePayment { .. } | Self::ExpireDue => None,
        }
    }
}
