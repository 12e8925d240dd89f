//! Many buyers at once.

use std::collections::BTreeSet;

use baselines::design::Design;
use baselines::transactions::Transactions;
use serde_json::json;

use crate::support::{Reply, TestServer, Way};

#[tokio::test(flavor = "multi_thread")]
async fn hundred_buyers_of_one_seat_make_one_hold() {
    for way in Way::all() {
        let server = TestServer::start(way).await;
        let id = server.showtime(5).await;
        let replies = server.rush(id, 100, &json!({"seats": ["S-2-3"]})).await;
        let count = |status| replies.iter().filter(|it| it.status == status).count();
        let (granted, refused, gave_up) = (count(201), count(409), count(503));
        assert_eq!(granted, 1, "{way}");
        assert_eq!(granted + refused + gave_up, 100, "{way}");
        assert!(gave_up == 0 || way.design == Design::Serializable, "{way}");
        server.assert_sound(id, 1, 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn overlapping_wishes_leave_no_half_hold() {
    for way in Way::all() {
        let server = TestServer::start(way).await;
        let id = server.showtime(1).await;
        let wishes = (1..10).map(|at| {
            let (left, right) = (format!("S-1-{at}"), format!("S-1-{}", at + 1));
            // Half of them name the seats the other way round, which must not lock anybody up.
            let seats = if at % 2 == 0 {
                [left, right]
            } else {
                [right, left]
            };
            json!({"seats": seats})
        });
        let wishes: Vec<_> = wishes.collect();
        let rushes = wishes.iter().map(|wish| server.rush(id, 8, wish));
        let mut held = 0;
        for replies in futures::future::join_all(rushes).await {
            let granted = replies.iter().filter(|it| it.status == 201).count();
            assert!(granted <= 1, "{way}");
            held += 2 * granted as u64;
        }
        // Whoever steps over locked rows may be stepped over as well, each with a part in hand.
        let may_all_lose = way.design == Design::SeatRowsSkipLocked;
        assert!(held >= 2 || may_all_lose, "{way}");
        server.assert_sound(id, held, 0).await;
    }
}

/// Several times the pairs of that showtime.
const COME_BACK_MAX: usize = 400;

#[tokio::test(flavor = "multi_thread")]
async fn best_pairs_never_overlap_and_are_neighbors() {
    for way in Way::all() {
        let server = TestServer::start(way).await;
        let id = server.showtime(8).await;
        let wish = json!({"best_available": {"quantity": 2}});
        let replies = server.rush(id, 64, &wish).await;
        let mut seen = BTreeSet::new();
        for reply in &replies {
            if reply.status != 201 {
                let expected = ["NO_BLOCK", "OVERLOADED"];
                assert!(expected.contains(&reply.code()), "{way}: {reply:?}");
                continue;
            }
            let seats = reply.seats();
            assert_eq!(seats.len(), 2, "{way}");
            assert!(are_neighbors(&seats), "{way}: {seats:?}");
            for seat in seats {
                assert!(seen.insert(seat.clone()), "{way}: {seat} is held twice");
            }
        }
        server.assert_sound(id, seen.len() as u64, 0).await;
        // Buyers who gave up come back, and in the end the showtime is sold out.
        let mut codes = Vec::new();
        while codes.last().is_none_or(|code| code != "NO_BLOCK") {
            assert!(
                codes.len() < COME_BACK_MAX,
                "{way} is never full: {codes:?}"
            );
            let reply = server.rush(id, 1, &wish).await.remove(0);
            codes.push(reply.code().to_owned());
        }
        server.assert_sound(id, 80, 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn first_free_seats_are_taken_in_their_order_and_never_twice() {
    let designs = Design::ALL.into_iter();
    for design in designs.filter(|design| design.can_pick_first()) {
        let transactions = Transactions::Application;
        let way = Way {
            design,
            transactions,
        };
        let server = TestServer::start_with(way, &["--picks", "first"]).await;
        let id = server.showtime(4).await;
        server.held(id, &["S-1-2"]).await;
        let wish = json!({"best_available": {"quantity": 2}});
        let first = server.rush(id, 1, &wish).await.remove(0);
        assert_eq!(first.seats(), ["S-1-1", "S-1-3"], "{way}");
        // Whoever gave up comes back until the showtime is sold out.
        let mut replies = Vec::new();
        while !replies.iter().any(|it: &Reply| it.code() == "NO_BLOCK") {
            replies.extend(server.rush(id, 32, &wish).await);
        }
        let refused = |reply: &&Reply| ["NO_BLOCK", "OVERLOADED"].contains(&reply.code());
        let granted: Vec<_> = replies.iter().filter(|reply| !refused(reply)).collect();
        let seats: Vec<_> = granted.iter().flat_map(|reply| reply.seats()).collect();
        let seen: BTreeSet<_> = seats.iter().collect();
        assert_eq!(seen.len(), seats.len(), "{way}: {seats:?}");
        assert_eq!(seen.len(), 36, "{way}: {seen:?}");
        server.assert_sound(id, 39, 0).await;
    }
}

fn are_neighbors(seats: &[String]) -> bool {
    let place = |id: &String| {
        let mut parts = id
            .split('-')
            .skip(1)
            .map(|part| part.parse::<u32>().unwrap());
        (parts.next().unwrap(), parts.next().unwrap())
    };
    let (first, second) = (place(&seats[0]), place(&seats[1]));
    first.0 == second.0 && first.1 + 1 == second.1
}
