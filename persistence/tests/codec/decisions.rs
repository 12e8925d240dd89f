//! One decision of every kind, with the bytes of its entry without a request: written once, read for ever.

use seating::entry::{Decision, Held};
use seating::ids::{BookingId, BuyerId, HoldId};
use seating::sale_terms::SaleStatus;
use seating::timestamp::Timestamp;

use crate::samples::{begun, block, cancelled, id, later, places, sale, terms};

/// A decision as it is written down.
pub(crate) struct Sample {
    /// The number of its kind.
    pub(crate) code: i16,
    pub(crate) decision: Decision,
    /// Its payload in hexadecimal digits.
    pub(crate) bytes: &'static str,
}

/// All of them, in the order of their codes.
pub(crate) fn decisions() -> Vec<Sample> {
    let mut all = of_holds();
    all.extend(of_bookings());
    all.extend(of_staff());
    all.sort_by_key(|sample| sample.code);
    all
}

fn of_holds() -> Vec<Sample> {
    let hold = HoldId::new(id(1));
    vec![
        Sample {
            code: 1,
            decision: Decision::Opened(terms(SaleStatus::Paused)),
            bytes: "0200000001fd00803c3048140c000004fb58020101fb8403bcb6d2cb",
        },
        Sample {
            code: 2,
            decision: Decision::Held(Held {
                hold,
                buyer: BuyerId::new(id(9)),
                places: places(),
                expires_at: later(600),
                replaced: Some(HoldId::new(id(8))),
                began_at: Some(Timestamp::from_unix_seconds(1_699_999_940)),
                from_blocked: None,
            }),
            bytes: "02000001100101010101010101010101010101010110090909090909090909090909090909090303\
         fb2c01fc70110100010205fd000cc37748140c0001100808080808080808080808080808080801fd\
         0072152948140c00f40380d2",
        },
        Sample {
            code: 3,
            decision: Decision::Extended {
                hold,
                expires_at: later(900),
            },
            bytes: "020000021001010101010101010101010101010101fd0052869b48140c00b3de0f69",
        },
        Sample {
            code: 4,
            decision: Decision::Released {
                hold,
                by_staff: true,
            },
            bytes: "02000003100101010101010101010101010101010101529362ea",
        },
    ]
}

fn of_bookings() -> Vec<Sample> {
    let (hold, booking) = (HoldId::new(id(1)), BookingId::new(id(2)));
    vec![
        Sample {
            code: 5,
            decision: Decision::PaymentBegun(begun()),
            bytes: "02000004100101010101010101010101010101010110020202020202020202020202020202021009\
         09090909090909090909090909090900010302fd00f6197249140c005d1b95e6",
        },
        Sample {
            code: 6,
            decision: Decision::Confirmed(sale(Some("pay_7"))),
            bytes: "02000005100202020202020202020202020202020210010101010101010101010101010101011009\
         0909090909090909090909090909090203040002102121212121212121212121212121212110ffff\
         fffffffffffffffffffffffffff8102222222222222222222222222222222210ffffffffffffffff\
         fffffffffffffff801057061795f37b87d6710",
        },
        Sample {
            code: 7,
            decision: Decision::ConfirmedLate(sale(None)),
            bytes: "02000006100202020202020202020202020202020210010101010101010101010101010101011009\
         0909090909090909090909090909090203040002102121212121212121212121212121212110ffff\
         fffffffffffffffffffffffffff8102222222222222222222222222222222210ffffffffffffffff\
         fffffffffffffff80062d0e5e7",
        },
        Sample {
            code: 8,
            decision: Decision::PaymentOrphaned {
                booking,
                payment_reference: Some("pay_7".to_owned()),
            },
            bytes: "02000007100202020202020202020202020202020201057061795f377fe37975",
        },
        Sample {
            code: 9,
            decision: Decision::Expired {
                holds: vec![hold, HoldId::new(id(3))],
            },
            bytes: "02000008021001010101010101010101010101010101100303030303030303030303030303030397\
         40d995",
        },
        Sample {
            code: 10,
            decision: Decision::BookingCancelled(cancelled()),
            bytes: "02000009100202020202020202020202020202020202010a00fcc027090001b35f2c5d",
        },
    ]
}

fn of_staff() -> Vec<Sample> {
    vec![
        Sample {
            code: 11,
            decision: Decision::Blocked(block()),
            bytes: "0200000a0200fbfb000101fc40420f000673c3a4756c655a891125",
        },
        Sample {
            code: 12,
            decision: Decision::Unblocked(block()),
            bytes: "0200000b0200fbfb000101fc40420f000673c3a4756c65e77e5212",
        },
        Sample {
            code: 13,
            decision: Decision::Reconfigured(terms(SaleStatus::Draft)),
            bytes: "0200000c01fd00803c3048140c000004fb58020103fb8403e18dcf28",
        },
    ]
}
