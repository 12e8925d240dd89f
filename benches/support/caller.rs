//! A buyer who holds two seats and gives them back, over and over.

use actors::box_office::{Durability, ShowtimeHandle};
use seating::command::{Command, Hold, Party, Role, Want};
use seating::ids::{BuyerId, HoldId};
use seating::places::Places;
use seating::seat_layout::SeatIndex;
use uuid::Uuid;

/// Commands of one round.
pub(crate) const ASKED_PER_ROUND: u64 = 2;

/// One buyer, with two seats that nobody else asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    by: Party,
    seats: [SeatIndex; 2],
}

impl Caller {
    /// The caller of that number, whose seats every layout of twice as many has.
    pub(crate) fn new(number: u32) -> Self {
        let buyer = BuyerId::new(Uuid::new_v4());
        let role = Role::Buyer;
        Self {
            by: Party { buyer, role },
            seats: [2 * number, 2 * number + 1].map(SeatIndex),
        }
    }

    /// One hold and its release, each waited for until it is durable.
    pub(crate) async fn hold_and_release(&self, showtime: &ShowtimeHandle) {
        let hold = HoldId::new(Uuid::now_v7());
        let by = self.by;
        let wanted = Command::Hold(Hold {
            hold,
            by,
            want: Want::Places(Places::of_seats(self.seats)),
            ttl_seconds: None,
            replace: None,
            include_blocked: false,
        });
        for command in [wanted, Command::Release { hold, by }] {
            let answer = showtime.execute(command, None).await.unwrap();
            assert_eq!(answer.durability, Durability::Journaled);
        }
    }
}
