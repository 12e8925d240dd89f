//! Busy histories, the same for the same seed.

use seating::command::{Command, Hold, SaleTermsChange, Want};
use seating::entry::RequestStamp;
use seating::sale_terms::SaleTerms;
use testkit::commands::{
    areas, begin_payment, best, block_places, booking_id, buyer, cancel, confirm, hold_id, release,
    seats, staff, tickets, wish,
};
use testkit::layouts::TestLayout;
use testkit::rehearsal::Rehearsal;

/// Twenty seats in three rows, and an area.
pub(crate) fn theatre() -> Rehearsal {
    let terms = SaleTerms {
        max_per_buyer: 100,
        ..SaleTerms::default()
    };
    TestLayout::empty()
        .tier("GOLD", 100)
        .section("HALL", "GOLD", &[("A", 6), ("B", 8), ("C", 6)])
        .area("PIT", "GOLD", 12)
        .open(terms)
}

/// So many random commands, whatever comes of them.
pub(crate) fn play(seed: u64, commands: u32) -> Rehearsal {
    let mut rehearsal = theatre();
    let mut dice = Dice(seed | 1);
    for number in 1..=commands {
        rehearsal.pass(dice.below(40));
        let command = command(&mut dice, u128::from(number));
        let stamp = (dice.below(3) == 0).then(|| RequestStamp {
            key: u128::from(dice.below(40)),
            fingerprint: u128::from(number),
        });
        // What is refused is no part of the history.
        drop(rehearsal.request(&command, stamp));
    }
    rehearsal
}

fn command(dice: &mut Dice, number: u128) -> Command {
    let earlier = number - u128::from(dice.below(6)).min(number);
    let by = buyer(u128::from(dice.below(3)));
    match dice.below(16) {
        0..6 => Command::Hold(Hold {
            replace: (dice.below(4) == 0).then(|| hold_id(earlier)),
            ..wish(number, by, want(dice))
        }),
        6 => release(earlier, staff(0)),
        7 => Command::Extend {
            hold: hold_id(earlier),
            by,
            seconds: dice.below(1_800),
        },
        8 | 9 => begin_payment(earlier, staff(0), number, dice.below(900) + 1),
        10 | 11 => confirm(earlier, staff(0), earlier),
        12 => Command::SettlePayment {
            booking: booking_id(earlier),
            tickets: tickets(number),
            payment_reference: Some(format!("payment {number}")),
        },
        13 => cancel(earlier, staff(0), (dice.below(2) == 0).then_some(&[1])),
        14 => Command::Block(block_places(&[dice.below(20)], &[(1, dice.below(3) + 1)])),
        _ => Command::Reconfigure(SaleTermsChange {
            max_per_buyer: Some(dice.below(90) + 10),
            ..SaleTermsChange::default()
        }),
    }
}

fn want(dice: &mut Dice) -> Want {
    match dice.below(3) {
        0 => {
            let first = dice.below(18);
            seats(first..first + 2)
        }
        1 => areas(&[(1, dice.below(4) + 1)]),
        _ => Want::BestAvailable(best(dice.below(4) + 1)),
    }
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from((self.0 >> 33) % u64::from(bound)).unwrap()
    }
}
