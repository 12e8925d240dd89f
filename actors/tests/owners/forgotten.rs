//! More keyed requests than an owner remembers: the first answers are still given, from the
//! journal.

use actors::box_office::Durability;
use actors::error::CallError;
use seating::command::Command;
use seating::entry::RequestStamp;
use seating::limits::REQUESTS_REMEMBERED;
use seating::rejection::Rejection;
use testkit::waiting::eventually_ok;

use crate::owners::support::{TestOffice, buyer, hold, hold_of, party};

/// A digest, as the counter makes them: their bits are as good as random.
fn stamp(number: u64) -> RequestStamp {
    let half = |salt: u64| {
        let mut bits = (number ^ salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits ^= bits >> 29;
        bits = bits.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        u128::from(bits ^ bits >> 32)
    };
    RequestStamp {
        key: half(1) << 64 | half(2),
        fingerprint: u128::from(number),
    }
}

#[tokio::test]
async fn a_forgotten_key_gets_its_first_answer_also_from_the_next_owner() {
    let office = TestOffice::open().await;
    let (showtime, me) = (office.showtime().await, buyer());
    let first = hold(me, &[0]);
    let granted = showtime.execute(first.clone(), Some(stamp(0))).await;
    let granted = granted.unwrap();
    for number in 1..=REQUESTS_REMEMBERED as u64 / 2 {
        let held = showtime.execute(hold(me, &[5]), Some(stamp(2 * number)));
        let release = Command::Release {
            hold: hold_of(&held.await.unwrap()),
            by: party(me),
        };
        let key = Some(stamp(2 * number + 1));
        showtime.execute(release, key).await.unwrap();
    }
    for restarted in [false, true] {
        if restarted {
            showtime.kill_owner();
            wait_for_the_next_owner(&office).await;
        }
        let owner = office.showtime().await;
        let again = owner.execute(first.clone(), Some(stamp(0))).await.unwrap();
        assert!(again.replayed, "restarted: {restarted}");
        assert_eq!(again.entry, granted.entry);
        assert_eq!(again.durability, Durability::Journaled);
        let other = RequestStamp {
            fingerprint: 9,
            ..stamp(0)
        };
        let refused = owner.execute(hold(me, &[7]), Some(other)).await;
        assert_eq!(refused, Err(CallError::Rejected(Rejection::KeyReused)));
        let new = owner.execute(hold(me, &[8]), Some(stamp(1_000_000))).await;
        assert_eq!(new.is_ok_and(|new| new.replayed), restarted);
    }
    office.replayed();
}

/// The next owner takes the dead one's place within moments.
async fn wait_for_the_next_owner(office: &TestOffice) {
    eventually_ok("the next owner lives", async || {
        office.hold(buyer(), &[5]).await
    })
    .await;
}
