//! Who is let in where: every route of the description by every kind of caller.
//!
//! A new route has no decision in the table below, and the first test says so.

mod cards;

use std::collections::BTreeMap;

use fullhouse::accounts::Role;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::accounts::text;
use crate::support::{Reply, TestServer, layout, token};
use cards::{Shown, cards};

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    /// With or without a token, and whatever the token is worth.
    Anybody,
    /// Whoever has a good token or key, of whatever role.
    SignedIn,
    /// Whose it is, and the staff; for everybody else it is not there. The other test of this file asks as the owner.
    Owner,
    /// Whose it is alone.
    OwnerAlone,
    Staff,
    SuperAdmin,
}

/// The decision about every operation.
const DECISIONS: [(&str, Who); 51] = [
    ("listApiKeys", Who::SuperAdmin),
    ("createApiKey", Who::SuperAdmin),
    ("readApiKey", Who::SuperAdmin),
    ("revokeApiKey", Who::SuperAdmin),
    ("readAuditLog", Who::SuperAdmin),
    ("listUsers", Who::SuperAdmin),
    ("setRole", Who::SuperAdmin),
    ("registerUser", Who::Anybody),
    ("logIn", Who::Anybody),
    ("refreshTokens", Who::Anybody),
    ("verifyEmail", Who::Anybody),
    ("forgotPassword", Who::Anybody),
    ("resetPassword", Who::Anybody),
    ("startGoogleSignIn", Who::Anybody),
    ("endGoogleSignIn", Who::Anybody),
    ("requestCode", Who::Anybody),
    ("signInByCode", Who::Anybody),
    ("provePhone", Who::SignedIn),
    ("logOut", Who::SignedIn),
    ("changeEmail", Who::SignedIn),
    ("sendVerification", Who::SignedIn),
    ("changePassword", Who::SignedIn),
    ("listSessions", Who::SignedIn),
    ("endSessions", Who::SignedIn),
    ("endSession", Who::OwnerAlone),
    ("readMe", Who::SignedIn),
    ("changeMe", Who::SignedIn),
    ("putMe", Who::SignedIn),
    ("eraseMe", Who::SignedIn),
    ("exportMe", Who::SignedIn),
    ("listMyBookings", Who::SignedIn),
    ("readBooking", Who::Owner),
    ("listShowtimes", Who::Anybody),
    ("readShowtime", Who::Anybody),
    ("readLayout", Who::Anybody),
    ("readSeats", Who::Anybody),
    ("readAvailability", Who::Anybody),
    ("createShowtime", Who::Staff),
    ("importPlan", Who::Staff),
    ("changeShowtime", Who::Staff),
    ("auditShowtime", Who::Staff),
    ("readJournal", Who::Staff),
    ("listBookings", Who::Staff),
    ("blockPlaces", Who::Staff),
    ("unblockPlaces", Who::Staff),
    ("holdPlaces", Who::SignedIn),
    ("listHolds", Who::SignedIn),
    ("readHold", Who::Owner),
    ("extendHold", Who::OwnerAlone),
    ("confirmHold", Who::Owner),
    ("releaseHold", Who::Owner),
];

/// What stands in a path for something that is somebody's.
const OWNED: [&str; 3] = ["{hold_id}", "{booking_id}", "{session_id}"];

/// An operation of the description.
struct Operation {
    id: String,
    method: Method,
    path: String,
    has_lock: bool,
}

async fn operations(server: &TestServer) -> Vec<Operation> {
    let document = server.get("/openapi.json").send().await.body;
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: path.strip_prefix("/api/v1").unwrap().to_owned(),
                has_lock: operation["security"].is_array(),
            });
        }
    }
    all
}

#[tokio::test]
async fn every_route_has_a_decision_and_the_description_tells_it() {
    let server = TestServer::start().await;
    let decisions = BTreeMap::from(DECISIONS);
    assert_eq!(decisions.len(), DECISIONS.len(), "one is decided twice");
    let operations = operations(&server).await;
    for operation in &operations {
        let decided = decisions.get(operation.id.as_str());
        let Some(who) = decided else {
            panic!("who may ask for {}? add it to DECISIONS", operation.id);
        };
        let says = operation.has_lock;
        assert_eq!(says, *who != Who::Anybody, "{}", operation.id);
    }
    for operation in &operations {
        let who = decisions[operation.id.as_str()];
        let is_somebodys = OWNED.iter().any(|id| operation.path.contains(id));
        let has_owner = matches!(who, Who::Owner | Who::OwnerAlone);
        assert_eq!(is_somebodys, has_owner, "{}", operation.id);
    }
    for id in decisions.keys() {
        let known = operations.iter().any(|operation| operation.id == *id);
        assert!(known, "{id} is decided, and is no operation");
    }
}

#[tokio::test]
async fn every_route_lets_in_whom_it_should_and_nobody_else() {
    let server = TestServer::start().await;
    let showtime = server.showtime(&layout(&[("1", 9)])).await;
    let anns = Anns::of(&server, &showtime).await;
    let before = server.seq(&showtime).await;
    let decisions = BTreeMap::from(DECISIONS);
    let cards = cards(&server).await;
    for operation in operations(&server).await {
        let who = decisions[operation.id.as_str()];
        let path = anns.path(&operation.path, &showtime);
        for card in &cards {
            let reply = asked(&server, &operation, &path, &card.shown).await;
            let (name, id) = (card.name, &operation.id);
            match expected(who, card.role) {
                // It was looked at: it names nothing, or has nothing in it.
                None => assert!(
                    ![401, 403].contains(&reply.status) && reply.status < 500,
                    "{id} by {name}: {}",
                    reply.text
                ),
                Some((status, code)) => {
                    assert_eq!(reply.status, status, "{id} by {name}: {}", reply.text);
                    let said = reply.body["code"].as_str().unwrap();
                    assert!(said.ends_with(code), "{id} by {name}: {}", reply.text);
                }
            }
        }
    }
    // Nothing of all that did anything to the showtime, but what the staff may: one of them released the hold.
    let entries = server.seq(&showtime).await - before;
    assert!(entries <= 1, "{entries}");
}

/// How whoever is not let in is answered.
fn expected(who: Who, role: Option<Role>) -> Option<(u16, &'static str)> {
    let is_enough = match who {
        Who::Anybody => return None,
        Who::Owner if role == Some(Role::User) => return Some((404, "NOT_FOUND")),
        Who::OwnerAlone if role.is_some() => return Some((404, "NOT_FOUND")),
        Who::SignedIn | Who::Owner | Who::OwnerAlone => role.is_some(),
        Who::Staff => role.is_some_and(Role::is_staff),
        Who::SuperAdmin => role == Some(Role::SuperAdmin),
    };
    match (is_enough, role) {
        (true, _) => None,
        (false, None) => Some((401, "UNAUTHENTICATED")),
        (false, Some(_)) => Some((403, "FORBIDDEN")),
    }
}

/// What is Ann's: nobody else who is no staff may learn that it is there.
struct Anns {
    hold: String,
    booking: String,
    session: String,
}

impl Anns {
    async fn of(server: &TestServer, showtime: &str) -> Self {
        let ann = server.register("ann@example.com").await;
        let token = text(&ann, "access_token");
        let sold = held(server, showtime, token).await;
        let confirm = format!("/showtimes/{showtime}/holds/{sold}/confirm");
        let sold = server.post(&confirm, &json!({})).by(token).send().await;
        Self {
            hold: held(server, showtime, token).await,
            booking: text(&sold.body["data"], "booking_id").to_owned(),
            session: text(&ann, "session_id").to_owned(),
        }
    }

    /// With ids of hers, and otherwise with some that name nothing.
    fn path(&self, template: &str, showtime: &str) -> String {
        let segments = template.split('/').map(|segment| match segment {
            "{id}" => showtime.to_owned(),
            "{hold_id}" => self.hold.clone(),
            "{booking_id}" => self.booking.clone(),
            "{session_id}" => self.session.clone(),
            other if other.starts_with('{') => Uuid::new_v4().to_string(),
            other => other.to_owned(),
        });
        segments.collect::<Vec<_>>().join("/")
    }
}

async fn asked(server: &TestServer, operation: &Operation, path: &str, shown: &Shown) -> Reply {
    let mut asking = server.ask(operation.method.clone(), path);
    if operation.method != Method::GET {
        let body = match operation.id.as_str() {
            "extendHold" => json!({"seconds": 60}),
            "confirmHold" => json!({}),
            // What no body is: members that nobody knows are refused before anything is done.
            _ => json!({"nothing": true}),
        };
        asking = asking.json(&body);
    }
    match shown {
        Shown::Nothing => asking.send().await,
        Shown::FreshToken(role) => asking.by(&token(*role, Uuid::new_v4())).send().await,
        Shown::Text(text) => asking.by(text).send().await,
    }
}

/// Holds of the free area cost nothing, so that their buyer may confirm them.
async fn held(server: &TestServer, showtime: &str, who: &str) -> String {
    let wish = json!({"areas": [{"section": "F", "quantity": 1}]});
    let hold = server.post(&format!("/showtimes/{showtime}/holds"), &wish);
    let reply = hold.by(who).send().await;
    reply.hold_id().to_owned()
}

#[tokio::test]
async fn what_is_one_buyers_is_nobody_elses_but_the_staffs() {
    let server = TestServer::start().await;
    let showtime = server.showtime(&layout(&[("1", 9)])).await;
    let ann = server.register("ann@example.com").await;
    let ann = text(&ann, "access_token");
    let bob = server.register("bob@example.com").await;
    let bob = text(&bob, "access_token");
    let clerk = token(Role::Editor, Uuid::new_v4());
    let seconds = json!({"seconds": 60});
    // Nobody keeps a buyer's places longer than the buyer.
    for (method, rest, body, of_staff) in [
        (Method::GET, "", Value::Null, 200),
        (Method::POST, "/extend", seconds, 404),
        (Method::POST, "/confirm", json!({}), 200),
        (Method::DELETE, "", Value::Null, 200),
    ] {
        let hold = held(&server, &showtime, ann).await;
        let path = format!("/showtimes/{showtime}/holds/{hold}{rest}");
        let ask = async |who: &str| {
            let asking = server.ask(method.clone(), &path).by(who);
            let asking = if body.is_null() {
                asking
            } else {
                asking.json(&body)
            };
            asking.send().await
        };
        ask(bob).await.assert_problem(404, "HOLD_NOT_FOUND");
        assert_eq!(ask(ann).await.status, 200, "{method} {path}");
        let hold = held(&server, &showtime, ann).await;
        let of_clerk = format!("/showtimes/{showtime}/holds/{hold}{rest}");
        let asking = server.ask(method.clone(), &of_clerk).by(&clerk);
        let asking = if body.is_null() {
            asking
        } else {
            asking.json(&body)
        };
        let asked = asking.send().await.status;
        assert_eq!(asked, of_staff, "{method} {of_clerk}");
    }
    let hold = held(&server, &showtime, ann).await;
    let confirm = format!("/showtimes/{showtime}/holds/{hold}/confirm");
    let sold = server.post(&confirm, &json!({})).by(ann).send().await;
    let booking = format!("/bookings/{}", text(&sold.body["data"], "booking_id"));
    let read = async |who: &str| server.get(&booking).by(who).send().await;
    read(bob).await.assert_problem(404, "BOOKING_NOT_FOUND");
    assert_eq!(read(ann).await.status, 200);
    assert_eq!(read(&clerk).await.status, 200);
    let mine = server.get("/users/me/bookings").by(bob).send().await;
    assert_eq!(mine.body["data"], json!([]));
    let sessions = server.get("/auth/sessions").by(ann).send().await;
    let session = text(&sessions.body["data"][0], "session_id");
    let path = format!("/auth/sessions/{session}");
    for who in [bob, &clerk] {
        let refused = server.delete(&path).by(who).send().await;
        refused.assert_problem(404, "NOT_FOUND");
    }
    assert_eq!(server.delete(&path).by(ann).send().await.status, 200);
}
