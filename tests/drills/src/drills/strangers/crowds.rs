//! Strangers who ask for what costs the server work: much of it, or always something else.

use std::sync::Arc;
use std::time::Duration;

use loadtest::connection::{Connection, Request};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use uuid::Uuid;

use super::Target;
use super::streams::{AGAIN_AFTER, Being};

/// Between two questions of one stranger, who is one of a crowd and no machine gun: what any
/// question costs in processor time is the same machine's that the buyers have.
const PAUSE: Duration = Duration::from_millis(100);

/// Asks whatever `next` says, again and again, over one connection.
fn ask(
    target: Arc<Target>,
    seed: usize,
    method: &'static str,
    next: fn(&Target, &mut SmallRng) -> (String, String),
) -> Being {
    Box::pin(async move {
        let mut random = SmallRng::seed_from_u64(seed as u64);
        let mut connection = Connection::new(target.server);
        loop {
            let (path, body) = next(&target, &mut random);
            let request = Request {
                method,
                path: &path,
                token: &target.token,
                body: &body,
            };
            // Who is cut off comes again, and who is told to wait waits a little.
            let pause = match connection.call(request).await {
                Ok(answer) => answer.retry_after.map_or(PAUSE, |_| 10 * PAUSE),
                Err(_cut_off) => AGAIN_AFTER,
            };
            tokio::time::sleep(pause).await;
        }
    })
}

/// Follows the map from an entry of long ago.
pub(super) fn since_seq(target: Arc<Target>, number: usize) -> Being {
    ask(target, number, "GET", |target, random| {
        let since = target.old_seq + random.random_range(0..1_000);
        let path = format!(
            "/api/v1/showtimes/{}/seats?since_seq={since}",
            target.showtime
        );
        (path, String::new())
    })
}

/// Reads everything about showtimes that nobody asks for.
pub(super) fn crawler(target: Arc<Target>, number: usize) -> Being {
    ask(target, number, "GET", |target, random| {
        let at = random.random_range(0..target.cold.len().max(1));
        let showtime = target.cold.get(at).copied().unwrap_or_default();
        let what = ["", "/seats", "/layout", "/availability"][random.random_range(0..4)];
        (format!("/api/v1/showtimes/{showtime}{what}"), String::new())
    })
}

/// Reads pages of the list, also such as there are not.
pub(super) fn list_pages(target: Arc<Target>, number: usize) -> Being {
    ask(target, number, "GET", |_, random| {
        let page = random.random_range(1..=100_000);
        (
            format!("/api/v1/showtimes?page={page}&limit=100"),
            String::new(),
        )
    })
}

/// Wants the best of tens of thousands of sections.
pub(super) fn name_flood(target: Arc<Target>, number: usize) -> Being {
    ask(target, number, "POST", |target, _| {
        let sections: Vec<String> = (0..69_000).map(|at| format!("SECTION-{at}")).collect();
        let wish = json!({"best_available": {"quantity": 1, "sections": sections}});
        let path = format!("/api/v1/showtimes/{}/holds", target.showtime);
        (path, wish.to_string())
    })
}

/// Asks for showtimes that there are not.
pub(super) fn made_up(target: Arc<Target>, number: usize) -> Being {
    ask(target, number, "GET", |_, random| {
        let showtime = Uuid::from_u128(random.random());
        (format!("/api/v1/showtimes/{showtime}/seats"), String::new())
    })
}
