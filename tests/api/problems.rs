//! Every kind of problem that can be asked for, as its reader sees it, kept in `tests/problems`.
//!
//! Those that need a fault of the server are kept there by `src/http/problem/tests.rs`.

mod album;
mod edges;
mod identity;

use std::sync::Arc;

use actors::clock::ManualClock;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Reply, TestServer, buyer, editor, layout, layout_with};
use album::Album;

/// A server whose clock stands at 2027-01-15T08:00:00Z, a buyer and the box office.
struct Scene {
    server: TestServer,
    clock: Arc<ManualClock>,
    me: String,
    office: String,
    album: Album,
}

#[tokio::test]
async fn problems_say_what_to_do() {
    let (server, clock) = TestServer::with_clock().await;
    let mut scene = Scene {
        server,
        clock,
        me: buyer(),
        office: editor(),
        album: Album::default(),
    };
    scene.addresses_and_callers().await;
    scene.heads().await;
    scene.bodies().await;
    scene.fields().await;
    scene.repeats().await;
    scene.seats().await;
    scene.areas().await;
    scene.blocks().await;
    scene.buyers().await;
    scene.sales().await;
    scene.holds().await;
    let mut album = scene.album;
    edges::too_much(&mut album).await;
    edges::no_http(&mut album).await;
    edges::too_slow(&mut album).await;
    identity::of_people(&mut album).await;
    identity::of_phones(&mut album).await;
    album.compare();
}

impl Scene {
    async fn addresses_and_callers(&mut self) {
        let Self {
            server, me, album, ..
        } = self;
        let nobody = Uuid::new_v4();
        let asks = [
            server.ask_at(Method::GET, "/api/v2/showtimes"),
            server.get(&format!("/showtimes/{nobody}")),
            server.get("/showtimes/tonight"),
        ];
        for asking in asks {
            album.keep(asking, 404, "NOT_FOUND").await;
        }
        let asking = server.ask(Method::PUT, "/showtimes");
        album.keep(asking, 405, "METHOD_NOT_ALLOWED").await;
        let path = format!("/showtimes/{nobody}/holds");
        let wish = json!({"seats": ["A-1-1"]});
        let asks = [
            server.post(&path, &wish),
            server.post(&path, &wish).by("made-up"),
            server
                .post(&path, &wish)
                .header("authorization", "Basic dTpw"),
        ];
        for asking in asks {
            album.keep(asking, 401, "UNAUTHENTICATED").await;
        }
        let asking = server.post("/showtimes", &layout(&[("1", 4)])).by(me);
        album.keep(asking, 403, "FORBIDDEN").await;
    }

    async fn heads(&mut self) {
        let id = self.server.showtime(&layout(&[("1", 4)])).await;
        let Self {
            server, me, album, ..
        } = self;
        let path = format!("/showtimes/{id}/holds");
        let wish = r#"{"seats": ["A-1-1"]}"#;
        let asks = [
            server
                .ask(Method::POST, &path)
                .by(me)
                .raw("text/plain", wish),
            server
                .ask(Method::POST, &path)
                .by(me)
                .bytes(wish)
                .header("content-encoding", "gzip"),
        ];
        for asking in asks {
            album.keep(asking, 415, "UNSUPPORTED_MEDIA_TYPE").await;
        }
        let two_keys = server.ask(Method::POST, &path).by(me).bytes(wish);
        let asking = two_keys.key("one").key("two");
        album.keep(asking, 400, "MALFORMED_REQUEST").await;
        let long = "k".repeat(300);
        let asking = server
            .ask(Method::POST, &path)
            .by(me)
            .bytes(wish)
            .key(&long);
        album.keep(asking, 422, "VALIDATION_FAILED").await;
        let asks = [
            server.get(&format!("/showtimes/{id}/seats?status=FREE")),
            server.get(&format!("/showtimes/{id}/seats?sections=A")),
            server.get("/showtimes?page=0"),
            server.get("/showtimes?page=1&page=2"),
        ];
        for asking in asks {
            album.keep(asking, 422, "VALIDATION_FAILED").await;
        }
    }

    async fn bodies(&mut self) {
        let id = self.server.showtime(&layout(&[("1", 4)])).await;
        let Self {
            server, me, album, ..
        } = self;
        let path = format!("/showtimes/{id}/holds");
        let bodies: [&[u8]; 4] = [
            b"",
            b"{\"seats\": [\"A-1-1\"]",
            b"seats=A-1-1",
            b"{\"seats\": [\"\xff\xfe\"]}",
        ];
        for body in bodies {
            let asking = server.ask(Method::POST, &path).by(me).bytes(body);
            album.keep(asking, 400, "MALFORMED_REQUEST").await;
        }
        let long = json!({"seats": ["A".repeat(100_000)]}).to_string();
        let asking = server.ask(Method::POST, &path).by(me).bytes(long);
        album.keep(asking, 413, "PAYLOAD_TOO_LARGE").await;
    }

    async fn fields(&mut self) {
        let id = self.server.showtime(&layout(&[("1", 4)])).await;
        let Self {
            server,
            me,
            office,
            album,
            ..
        } = self;
        let path = format!("/showtimes/{id}/holds");
        let wishes = [
            json!([]),
            json!({}),
            json!({"seat": ["A-1-1"]}),
            json!({"seats": "A-1-1"}),
            json!({"seats": ["A-1-1", "A-1-99"]}),
            json!({"seats": ["A-1-1", "A-1-1"]}),
            json!({"seats": ["A-1-1"], "ttl_seconds": 5}),
            json!({"seats": ["A-1-1"], "best_available": {"quantity": 2}}),
            json!({"areas": [{"section": "F", "quantity": 99_999}]}),
        ];
        for wish in wishes {
            let asking = server.post(&path, &wish).by(me);
            album.keep(asking, 422, "VALIDATION_FAILED").await;
        }
        let twice = r#"{"seats": ["A-1-1"], "seats": ["A-1-2"]}"#;
        let asking = server.ask(Method::POST, &path).by(me).bytes(twice);
        album.keep(asking, 422, "VALIDATION_FAILED").await;
        let layouts = [
            layout_with(
                &[("1", 4)],
                &json!({"starts_at": "tomorrow", "gap_rule": "sometimes"}),
            ),
            json!({
                "title": "", "starts_at": "2030-01-31T19:30:00Z",
                "sections": [
                    {"code": "A", "name": "Stalls", "kind": "reserved", "price_tier": "GOLD",
                     "rows": [{"row": "1", "seats": 0}]},
                    {"code": "A", "name": "Floor", "kind": "general_admission",
                     "price_tier": "STD", "capacity": 0},
                ],
                "price_tiers": [{"code": "STD", "name": "Standard",
                                 "price": {"amount": -1, "currency": "EURO"}}],
            }),
        ];
        for wrong in layouts {
            let asking = server.post("/showtimes", &wrong).by(office);
            album.keep(asking, 422, "VALIDATION_FAILED").await;
        }
    }

    async fn repeats(&mut self) {
        let id = self.server.showtime(&layout(&[("1", 4)])).await;
        let Self {
            server, me, album, ..
        } = self;
        let path = format!("/showtimes/{id}/holds");
        let hold = |seat: &str| {
            server
                .post(&path, &json!({"seats": [seat]}))
                .by(me)
                .key("k-1")
        };
        assert_eq!(hold("A-1-1").send().await.status, 201);
        let asking = hold("A-1-2");
        album.keep(asking, 422, "IDEMPOTENCY_KEY_REUSED").await;
    }

    async fn seats(&mut self) {
        let rows = [("1", 6), ("2", 1)];
        let body = layout_with(&rows, &json!({"gap_rule": "strict"}));
        let id = self.server.showtime(&body).await;
        let Self {
            server, me, album, ..
        } = self;
        let path = format!("/showtimes/{id}/holds");
        let hold = |wish: Value| server.post(&path, &wish).by(me);
        let asking = hold(json!({"seats": ["A-1-2", "A-1-3"]}));
        album.keep(asking, 409, "STRANDED_SEAT").await;
        held(server, &id, &["A-1-1", "A-1-2", "A-1-3", "A-1-4"]).await;
        let asking = hold(json!({"seats": ["A-1-4", "A-1-5", "A-1-6"]}));
        album.keep(asking, 409, "SEATS_UNAVAILABLE").await;
        let asking = hold(json!({"best_available": {"quantity": 3, "sections": ["A"]}}));
        album.keep(asking, 409, "NO_BLOCK").await;
        held(server, &id, &["A-1-5", "A-1-6", "A-2-1"]).await;
        let asking = hold(json!({"best_available": {"quantity": 2, "sections": ["A"]}}));
        album.keep(asking, 409, "SOLD_OUT").await;
    }

    async fn areas(&mut self) {
        let mut body = layout(&[("1", 4)]);
        body["sections"][1]["capacity"] = 4.into();
        let id = self.server.showtime(&body).await;
        let Self {
            server, me, album, ..
        } = self;
        let path = format!("/showtimes/{id}/holds");
        let hold = |quantity: u32| {
            let wish = json!({"areas": [{"section": "F", "quantity": quantity}]});
            server.post(&path, &wish).by(me)
        };
        assert_eq!(hold(2).send().await.status, 201);
        album.keep(hold(3), 409, "SEATS_UNAVAILABLE").await;
        assert_eq!(hold(2).send().await.status, 201);
        album.keep(hold(1), 409, "SOLD_OUT").await;
    }

    async fn blocks(&mut self) {
        let mut body = layout(&[("1", 4)]);
        body["price_tiers"][1]["price"] = Value::Null;
        let id = self.server.showtime(&body).await;
        let Self {
            server,
            office,
            album,
            ..
        } = self;
        let held = server.hold(&id, &buyer(), &["A-1-1"]).await;
        assert_eq!(held.status, 201, "{}", held.text);
        let ask = |what: &str, places: &Value| {
            let path = format!("/showtimes/{id}/{what}");
            server.post(&path, places).by(office)
        };
        let seats = json!({"seats": ["A-1-1", "A-1-2"], "reason": "camera"});
        album
            .keep(ask("block", &seats), 409, "SEATS_UNAVAILABLE")
            .await;
        album.keep(ask("unblock", &seats), 409, "NOT_BLOCKED").await;
        let area = json!({"areas": [{"section": "F", "quantity": 1}], "reason": "gone"});
        album.keep(ask("unblock", &area), 409, "NOT_FOR_SALE").await;
        album
            .keep(
                ask("block", &json!({"reason": "x"})),
                422,
                "VALIDATION_FAILED",
            )
            .await;
    }

    async fn buyers(&mut self) {
        let body = layout_with(&[("1", 6)], &json!({"max_per_buyer": 3}));
        let id = self.server.showtime(&body).await;
        let Self {
            server, me, album, ..
        } = self;
        let path = format!("/showtimes/{id}/holds");
        let mine = server.hold(&id, me, &["A-1-1", "A-1-2"]).await;
        let asking = server
            .post(&path, &json!({"seats": ["A-1-3", "A-1-4"]}))
            .by(me);
        album.keep(asking, 409, "TICKET_LIMIT_REACHED").await;
        let confirm = format!("{path}/{}/confirm", mine.hold_id());
        album
            .keep(server.post(&confirm, &json!({})).by(me), 403, "FORBIDDEN")
            .await;
        let theirs = server
            .get(&format!("{path}/{}", mine.hold_id()))
            .by(&buyer());
        album.keep(theirs, 404, "HOLD_NOT_FOUND").await;
        let booking = server.get(&format!("/bookings/{}", Uuid::new_v4())).by(me);
        album.keep(booking, 404, "BOOKING_NOT_FOUND").await;
    }

    async fn sales(&mut self) {
        let terms = json!({"on_sale_from": "2027-01-15T09:00:00Z",
                           "on_sale_until": "2027-01-15T10:00:00Z"});
        let early = self
            .server
            .showtime(&layout_with(&[("1", 4)], &terms))
            .await;
        let paused = self.server.showtime(&layout(&[("1", 4)])).await;
        let cancelled = self.server.showtime(&layout(&[("1", 4)])).await;
        let Self {
            server,
            me,
            office,
            album,
            ..
        } = self;
        let change = |id: &str, status: &str| {
            let path = format!("/showtimes/{id}");
            let body = json!({"status": status});
            server.ask(Method::PATCH, &path).json(&body).by(office)
        };
        assert_eq!(change(&paused, "paused").send().await.status, 200);
        assert_eq!(change(&cancelled, "cancelled").send().await.status, 200);
        for id in [early, paused, cancelled.clone()] {
            let path = format!("/showtimes/{id}/holds");
            let asking = server.post(&path, &json!({"seats": ["A-1-1"]})).by(me);
            album.keep(asking, 409, "SHOWTIME_NOT_ON_SALE").await;
        }
        album
            .keep(change(&cancelled, "open"), 409, "SHOWTIME_STATE")
            .await;
    }

    async fn holds(&mut self) {
        let id = self.server.showtime(&layout(&[("1", 4)])).await;
        let Self {
            server,
            clock,
            me,
            album,
            ..
        } = self;
        let hold = |granted: &Reply| format!("/showtimes/{id}/holds/{}", granted.hold_id());
        let released = hold(&server.hold(&id, me, &["A-1-1"]).await);
        assert_eq!(server.delete(&released).by(me).send().await.status, 200);
        let asking = server
            .post(&format!("{released}/extend"), &json!({"seconds": 60}))
            .by(me);
        album.keep(asking, 409, "HOLD_ENDED").await;
        let long = hold(&server.hold(&id, me, &["A-1-2"]).await);
        let extend = json!({"seconds": 1_800});
        let asking = server.post(&format!("{long}/extend"), &extend).by(me);
        album.keep(asking, 409, "CANNOT_EXTEND").await;
        clock.advance_seconds(600);
        let asking = server.delete(&long).by(me);
        album.keep(asking, 409, "HOLD_EXPIRED").await;
    }
}

async fn held(server: &TestServer, id: &str, seats: &[&str]) {
    let reply = server.hold(id, &buyer(), seats).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
}
