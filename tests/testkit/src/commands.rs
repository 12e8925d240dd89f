//! Short names for people, holds and bookings, and short ways to ask for something.

use seating::command::{
    BestAvailable, BlockPlaces, Command, Confirm, Hold, Party, Role, TicketStock, Want,
};
use seating::ids::{BookingId, BuyerId, HoldId, TicketCode, TicketId};
use seating::places::{AreaQuantity, Places};
use seating::seat_layout::{SeatIndex, SectionIndex};
use uuid::Uuid;

/// A buyer of that number.
pub fn buyer(number: u128) -> Party {
    let role = Role::Buyer;
    let buyer = BuyerId::new(Uuid::from_u128(number));
    Party { buyer, role }
}

/// A member of staff of that number.
pub fn staff(number: u128) -> Party {
    let role = Role::Staff;
    Party {
        role,
        ..buyer(number)
    }
}

/// The hold of that number.
pub fn hold_id(number: u128) -> HoldId {
    HoldId::new(Uuid::from_u128(number))
}

/// The booking of that number.
pub fn booking_id(number: u128) -> BookingId {
    BookingId::new(Uuid::from_u128(number))
}

/// Tickets whose ids and codes begin with that number.
pub fn tickets(number: u128) -> Box<TicketStock> {
    let ticket = |at: usize| {
        let bits = number << 8 | at as u128;
        (TicketId::new(Uuid::from_u128(bits)), TicketCode::new(bits))
    };
    Box::new(std::array::from_fn(ticket))
}

/// Exactly these seats.
pub fn seats(seats: impl IntoIterator<Item = u32>) -> Want {
    Want::Places(Places::of_seats(seats.into_iter().map(SeatIndex)))
}

/// So much of these areas, by the number of their section.
pub fn areas(areas: &[(u16, u32)]) -> Want {
    Want::Places(Places::of_areas(area_quantities(areas)))
}

/// The best available, anywhere and together.
pub fn best(quantity: u32) -> BestAvailable {
    BestAvailable {
        quantity,
        sections: Vec::new(),
        tiers: Vec::new(),
        allow_split: false,
    }
}

/// A wish for a hold on the showtime's own terms.
pub fn wish(hold: u128, by: Party, want: Want) -> Hold {
    Hold {
        hold: hold_id(hold),
        by,
        want,
        ttl_seconds: None,
        replace: None,
        include_blocked: false,
    }
}

/// To hold on the showtime's own terms.
pub fn hold(hold: u128, by: Party, want: Want) -> Command {
    Command::Hold(wish(hold, by, want))
}

/// To release a hold.
pub fn release(hold: u128, by: Party) -> Command {
    let hold = hold_id(hold);
    Command::Release { hold, by }
}

/// To begin the payment of a hold.
pub fn begin_payment(hold: u128, by: Party, booking: u128, seconds: u32) -> Command {
    Command::BeginPayment {
        hold: hold_id(hold),
        by,
        booking: booking_id(booking),
        seconds,
    }
}

/// To confirm a hold as a booking.
pub fn confirm(hold: u128, by: Party, booking: u128) -> Command {
    Command::Confirm(Confirm {
        hold: hold_id(hold),
        by,
        booking: booking_id(booking),
        tickets: tickets(booking),
        payment_reference: None,
    })
}

/// To cancel a booking or some tickets of it.
pub fn cancel(booking: u128, by: Party, tickets: Option<&[u8]>) -> Command {
    Command::CancelBooking {
        booking: booking_id(booking),
        by,
        tickets: tickets.map(<[u8]>::to_vec),
    }
}

/// Places to block or unblock.
pub fn block_places(seats: &[u32], areas: &[(u16, u32)]) -> BlockPlaces {
    BlockPlaces {
        by: Some(staff(9).buyer),
        seats: seats.iter().copied().map(SeatIndex).collect(),
        areas: area_quantities(areas).collect(),
        reason: "rehearsal".to_owned(),
    }
}

fn area_quantities(areas: &[(u16, u32)]) -> impl Iterator<Item = AreaQuantity> + '_ {
    areas.iter().map(|&(section, quantity)| AreaQuantity {
        section: SectionIndex(section),
        quantity,
    })
}
