//! What a buyer or staff may want next.

use rand::RngExt;
use rand::rngs::SmallRng;
use seating::command::{
    BestAvailable, BlockPlaces, Command, Confirm, Hold, Party, Role, SaleTermsChange, TicketStock,
    Want,
};
use seating::ids::{BookingId, BuyerId, HoldId, ShowtimeId, TicketCode, TicketId};
use seating::places::{AreaQuantity, Places};
use seating::sale_terms::SaleStatus;
use seating::seat_layout::{SeatIndex, SeatLayout, SectionIndex};

use crate::world::id;

/// The area of every layout.
const AREA: SectionIndex = SectionIndex(1);

/// What one person may have and come back to.
#[derive(Debug, Default)]
pub(super) struct Purse {
    pub(super) holds: Vec<(ShowtimeId, HoldId)>,
    pub(super) bookings: Vec<(ShowtimeId, BookingId)>,
}

impl Purse {
    fn hold(&self, showtime: ShowtimeId, random: &mut SmallRng) -> Option<HoldId> {
        some(&self.holds, showtime, random)
    }

    fn booking(&self, showtime: ShowtimeId, random: &mut SmallRng) -> Option<BookingId> {
        some(&self.bookings, showtime, random)
    }
}

/// Something wanted by a buyer at a showtime.
pub(super) fn of_buyer(
    buyer: BuyerId,
    showtime: ShowtimeId,
    purse: &Purse,
    layout: &SeatLayout,
    random: &mut SmallRng,
) -> Command {
    let by = party(buyer, Role::Buyer);
    let hold = purse.hold(showtime, random);
    let booking = purse.booking(showtime, random);
    match (random.random_range(0..20), hold, booking) {
        (0, Some(hold), _) => Command::Extend {
            hold,
            by,
            seconds: random.random_range(1..=300),
        },
        (1 | 2, Some(hold), _) => Command::Release { hold, by },
        (3 | 4, Some(hold), _) => Command::BeginPayment {
            hold,
            by,
            booking: BookingId::new(id(random)),
            seconds: random.random_range(1..=400),
        },
        (5..=8, Some(hold), _) => Command::Confirm(Confirm {
            hold,
            by: party(buyer, Role::Staff),
            // The pin's own, if it is pinned; else the rules will say so.
            booking: booking
                .filter(|_| random.random())
                .unwrap_or_else(|| BookingId::new(id(random))),
            tickets: tickets(random),
            payment_reference: None,
        }),
        (9 | 10, _, Some(booking)) => Command::SettlePayment {
            booking,
            tickets: tickets(random),
            payment_reference: Some("paid".to_owned()),
        },
        (11, _, Some(booking)) => Command::CancelBooking {
            booking,
            by,
            tickets: random.random_ratio(1, 3).then(|| vec![1]),
        },
        (at, hold, _) => Command::Hold(Hold {
            include_blocked: false,
            hold: HoldId::new(id(random)),
            by,
            want: want(layout, random),
            ttl_seconds: random
                .random_ratio(1, 2)
                .then(|| random.random_range(60..=200)),
            replace: hold.filter(|_| at == 19),
        }),
    }
}

/// Something done by staff.
pub(super) fn of_staff(
    purse: &mut Vec<BlockPlaces>,
    layout: &SeatLayout,
    random: &mut SmallRng,
) -> Command {
    match random.random_range(0..8) {
        0 => reconfigure(SaleStatus::Paused),
        1 | 2 => reconfigure(SaleStatus::Open),
        3 => Command::Reconfigure(SaleTermsChange {
            hold_ttl_seconds: Some(random.random_range(60..=240)),
            ..SaleTermsChange::default()
        }),
        4 => Command::ExpireDue,
        5 if !purse.is_empty() => Command::Unblock(purse.remove(0)),
        _ => {
            let seats = some_seats(layout, random.random_range(1..=2), random);
            let places = BlockPlaces {
                by: Some(BuyerId::new(id(random))),
                seats,
                areas: Vec::new(),
                reason: "camera".to_owned(),
            };
            purse.push(places.clone());
            Command::Block(places)
        }
    }
}

fn reconfigure(status: SaleStatus) -> Command {
    Command::Reconfigure(SaleTermsChange {
        status: Some(status),
        ..SaleTermsChange::default()
    })
}

/// A few favorites are wanted by everybody.
fn want(layout: &SeatLayout, random: &mut SmallRng) -> Want {
    match random.random_range(0..8) {
        0 => Want::Places(Places::of_areas([AreaQuantity {
            section: AREA,
            quantity: random.random_range(1..=4),
        }])),
        1..=3 => Want::BestAvailable(BestAvailable {
            quantity: random.random_range(1..=4),
            sections: Vec::new(),
            tiers: Vec::new(),
            allow_split: random.random(),
        }),
        4 => Want::Places(Places::of_seats([SeatIndex(random.random_range(0..3))])),
        _ => {
            let quantity = random.random_range(1..=3);
            Want::Places(Places::of_seats(some_seats(layout, quantity, random)))
        }
    }
}

fn some_seats(layout: &SeatLayout, quantity: u32, random: &mut SmallRng) -> Vec<SeatIndex> {
    let count = u32::try_from(layout.seat_count()).unwrap_or(u32::MAX);
    let first = random.random_range(0..count - quantity);
    (first..first + quantity).map(SeatIndex).collect()
}

fn some<T: Copy>(
    all: &[(ShowtimeId, T)],
    showtime: ShowtimeId,
    random: &mut SmallRng,
) -> Option<T> {
    let here: Vec<T> = all
        .iter()
        .filter(|(of, _)| *of == showtime)
        .map(|(_, one)| *one)
        .collect();
    match here.len() {
        0 => None,
        some => Some(here[random.random_range(0..some)]),
    }
}

fn party(buyer: BuyerId, role: Role) -> Party {
    Party { buyer, role }
}

fn tickets(random: &mut SmallRng) -> Box<TicketStock> {
    Box::new(std::array::from_fn(|_| {
        (TicketId::new(id(random)), TicketCode::new(random.random()))
    }))
}
