//! `kill -9` under load, again and again: what was acknowledged is still there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use test_database::TestDatabase;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::program::{Home, Program, assert_verified, token};

const ARENA: &str = "019b76da-a800-7000-8000-000000000002";
const KILLS: usize = 20;
const CLIENTS: usize = 8;
/// Acknowledgements after which the server is killed: early, while all its batches are small, and
/// later, in the middle of larger ones.
const ACKNOWLEDGED_BEFORE_KILL: [usize; 4] = [1, 7, 25, 60];

/// Something the server said it had done.
enum Promise {
    Held {
        hold: String,
        seats: BTreeSet<String>,
    },
    Sold {
        hold: String,
        seats: BTreeSet<String>,
    },
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_by_twenty_kills() {
    let database = TestDatabase::create().await;
    let url = database.url();
    let home = Home::Database(&url);
    let editor: Arc<str> = token("EDITOR").await.into();
    let mut granted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut sold: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for round in 0..KILLS {
        let server = Arc::new(Program::start(home).await);
        assert_kept(&server, &editor, &granted, &sold).await;
        let wanted = ACKNOWLEDGED_BEFORE_KILL[round % ACKNOWLEDGED_BEFORE_KILL.len()];
        for promise in load_until_killed(server, &editor, wanted).await {
            match promise {
                Promise::Held { hold, seats } => drop(granted.insert(hold, seats)),
                Promise::Sold { hold, seats } => {
                    granted.remove(&hold);
                    sold.insert(hold, seats);
                }
            }
        }
    }
    assert!(sold.len() > KILLS, "the load sold something in most rounds");
    assert_verified(home).await;
    let server = Program::start(home).await;
    assert_kept(&server, &editor, &granted, &sold).await;
    let (_, audit) = server.get(&format!("/{ARENA}/audit"), &editor).await;
    assert_eq!(audit["data"]["differences"], json!([]));
    assert_eq!(server.terminate().await, 0);
}

/// Lets clients hold and buy until so many were acknowledged, then kills the server under them.
async fn load_until_killed(server: Arc<Program>, editor: &Arc<str>, wanted: usize) -> Vec<Promise> {
    let (promises, mut made) = mpsc::channel(1_024);
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (server, editor, promises) =
            (Arc::clone(&server), Arc::clone(editor), promises.clone());
        clients.spawn(async move { buy_until_refused(&server, &editor, &promises).await });
    }
    drop(promises);
    let mut kept = Vec::new();
    while kept.len() < wanted {
        kept.push(made.recv().await.unwrap());
    }
    server.signal(rustix::process::Signal::KILL);
    // What is still on its way counts too: it was acknowledged before the end.
    while let Some(promise) = made.recv().await {
        kept.push(promise);
    }
    clients.join_all().await;
    Arc::into_inner(server).unwrap().kill9().await;
    kept
}

async fn buy_until_refused(server: &Program, editor: &str, promises: &mpsc::Sender<Promise>) {
    let mut at = 0_u32;
    // An error means that the server has gone; so does a second of nothing.
    while let Ok(Ok((201, body))) = within(server.hold_best(ARENA, editor, 1 + at % 4)).await {
        at += 1;
        let hold = body["data"]["hold_id"].as_str().unwrap().to_owned();
        let seats = seats_of(&body["data"]["seats"]);
        let promise = Promise::Held {
            hold: hold.clone(),
            seats: seats.clone(),
        };
        promises.send(promise).await.unwrap();
        if at.is_multiple_of(2) {
            continue;
        }
        let confirm = format!("/{ARENA}/holds/{hold}/confirm");
        let Ok(Ok((200, body))) = within(server.post(&confirm, editor, &json!({}))).await else {
            // Sent and not answered: it may be sold or held, and both keep the promise.
            return;
        };
        assert_eq!(seats_of(&body["data"]["tickets"]), seats);
        promises.send(Promise::Sold { hold, seats }).await.unwrap();
    }
}

async fn within<T>(asked: impl Future<Output = T>) -> Result<T, tokio::time::error::Elapsed> {
    tokio::time::timeout(Duration::from_secs(20), asked).await
}

fn seats_of(list: &Value) -> BTreeSet<String> {
    let list = list.as_array().unwrap().iter();
    list.map(|seat| seat["seat_id"].as_str().unwrap().to_owned())
        .collect()
}

/// Every hold is still held (or sold, if its confirm was on its way), every sale is still sold.
async fn assert_kept(
    server: &Program,
    editor: &str,
    granted: &BTreeMap<String, BTreeSet<String>>,
    sold: &BTreeMap<String, BTreeSet<String>>,
) {
    let (code, map) = server.get(&format!("/{ARENA}/seats"), editor).await;
    assert_eq!(code, 200, "{map}");
    let seats = map["data"]["seats"].as_array().unwrap().iter();
    let seen: BTreeMap<&str, &str> = seats
        .map(|seat| {
            (
                seat["seat_id"].as_str().unwrap(),
                seat["status"].as_str().unwrap(),
            )
        })
        .collect();
    for (hold, seats) in sold {
        assert!(
            seats.iter().all(|seat| seen[seat.as_str()] == "BOOKED"),
            "sale {hold} is lost"
        );
    }
    for (hold, seats) in granted {
        let taken = |seat: &String| ["RESERVED", "BOOKED"].contains(&seen[seat.as_str()]);
        assert!(seats.iter().all(taken), "hold {hold} is lost");
        let (status, body) = server.get(&format!("/{ARENA}/holds/{hold}"), editor).await;
        let life = body["data"]["status"].as_str().unwrap_or_default();
        assert!(
            status == 200 && ["held", "confirmed"].contains(&life),
            "hold {hold}: {body}"
        );
    }
}
