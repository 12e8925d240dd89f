//! From what makes an id to what takes it, so that programs find the way without reading prose.

use serde_json::{Value, json};

use super::unknown::Unknown;

/// Adds the links between the operations.
pub(super) fn add(document: &mut Value, base: &str) -> Result<(), Unknown> {
    let takers = takers(document, base);
    let of_showtime = |id: &str| links(&takers.showtime, &json!({"id": id}));
    let created = of_showtime("$response.body#/data/showtime_id");
    // That of the first one; a page may be empty.
    let listed = of_showtime("$response.body#/data/0/showtime_id");
    let hold = json!({"id": "$request.path.id", "hold_id": "$response.body#/data/hold_id"});
    let booked = json!({"booking_id": "$response.body#/data/booking_id"});
    let confirm = "/showtimes/{id}/holds/{hold_id}/confirm";
    for (answer, links) in [
        (("/showtimes", "post", "201"), created.clone()),
        (("/showtimes/import-plan", "post", "201"), created),
        (("/showtimes", "get", "200"), listed),
        (
            ("/showtimes/{id}/holds", "post", "201"),
            links(&takers.hold, &hold),
        ),
        ((confirm, "post", "200"), links(&takers.booking, &booked)),
    ] {
        link(document, base, answer, links)?;
    }
    Ok(())
}

/// The ids of the operations on one showtime, one hold, one booking.
#[derive(Default)]
struct Takers {
    showtime: Vec<String>,
    hold: Vec<String>,
    booking: Vec<String>,
}

fn takers(document: &Value, base: &str) -> Takers {
    let mut takers = Takers::default();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        let path = path.strip_prefix(base).unwrap_or(path);
        let of = if path.contains("{hold_id}") {
            &mut takers.hold
        } else if path.starts_with("/showtimes/{id}") {
            &mut takers.showtime
        } else if path.starts_with("/bookings/{booking_id}") {
            &mut takers.booking
        } else {
            continue;
        };
        let operations = item.as_object().into_iter().flatten();
        let ids = operations.filter_map(|(_, operation)| operation["operationId"].as_str());
        of.extend(ids.map(str::to_owned));
    }
    takers
}

/// A link to each of these operations, with these parameters.
fn links(targets: &[String], parameters: &Value) -> Vec<(String, Value)> {
    let link = |target: &String| json!({"operationId": target, "parameters": parameters});
    let links = targets.iter().map(|target| (target.clone(), link(target)));
    links.collect()
}

fn link(
    document: &mut Value,
    base: &str,
    (path, method, status): (&str, &str, &str),
    links: Vec<(String, Value)>,
) -> Result<(), Unknown> {
    let answer = document["paths"]
        .get_mut(format!("{base}{path}"))
        .and_then(|item| item.get_mut(method))
        .and_then(|operation| operation["responses"].get_mut(status));
    let answer = answer.ok_or_else(|| Unknown(format!("{method} {path} {status}")))?;
    for (target, link) in links {
        answer["links"][target] = link;
    }
    Ok(())
}
