//! From what makes an id to what takes it, so that programs find the way without reading prose.

use serde_json::{Value, json};

use super::unknown::Unknown;

/// The id of every operation, unique in the description. A link and a generated client name it so.
const IDS: [(&str, &str, &str); 20] = [
    ("/showtimes", "get", "listShowtimes"),
    ("/showtimes", "post", "createShowtime"),
    ("/showtimes/import-plan", "post", "importPlan"),
    ("/showtimes/{id}", "get", "readShowtime"),
    ("/showtimes/{id}", "patch", "changeShowtime"),
    ("/showtimes/{id}/layout", "get", "readLayout"),
    ("/showtimes/{id}/seats", "get", "readSeats"),
    ("/showtimes/{id}/availability", "get", "readAvailability"),
    ("/showtimes/{id}/holds", "get", "listHolds"),
    ("/showtimes/{id}/holds", "post", "holdPlaces"),
    ("/showtimes/{id}/holds/{hold_id}", "get", "readHold"),
    ("/showtimes/{id}/holds/{hold_id}", "delete", "releaseHold"),
    (
        "/showtimes/{id}/holds/{hold_id}/extend",
        "post",
        "extendHold",
    ),
    (
        "/showtimes/{id}/holds/{hold_id}/confirm",
        "post",
        "confirmHold",
    ),
    ("/showtimes/{id}/block", "post", "blockPlaces"),
    ("/showtimes/{id}/unblock", "post", "unblockPlaces"),
    ("/showtimes/{id}/bookings", "get", "listBookings"),
    ("/showtimes/{id}/journal", "get", "readJournal"),
    ("/showtimes/{id}/audit", "get", "auditShowtime"),
    ("/bookings/{booking_id}", "get", "readBooking"),
];

/// Names the operations and adds the links between them.
pub(super) fn add(document: &mut Value, base: &str) -> Result<(), Unknown> {
    for (path, method, id) in IDS {
        operation(document, base, path, method)?["operationId"] = json!(id);
    }
    let of_showtime = |id: &str| {
        let takes = |path: &str| path.starts_with("/showtimes/{id}") && !path.contains("{hold_id}");
        let targets = IDS.iter().filter(|(path, ..)| takes(path));
        let links = targets.map(|(_, _, target)| (*target, json!({"id": id})));
        links.collect::<Vec<_>>()
    };
    let created = of_showtime("$response.body#/data/showtime_id");
    link(document, base, ("/showtimes", "post", "201"), &created)?;
    link(
        document,
        base,
        ("/showtimes/import-plan", "post", "201"),
        &created,
    )?;
    // That of the first one; a page may be empty.
    let listed = of_showtime("$response.body#/data/0/showtime_id");
    link(document, base, ("/showtimes", "get", "200"), &listed)?;
    let hold = json!({"id": "$request.path.id", "hold_id": "$response.body#/data/hold_id"});
    let targets = ["readHold", "releaseHold", "extendHold", "confirmHold"];
    let ways_on = targets.map(|target| (target, hold.clone()));
    link(
        document,
        base,
        ("/showtimes/{id}/holds", "post", "201"),
        &ways_on,
    )?;
    let booked = [(
        "readBooking",
        json!({"booking_id": "$response.body#/data/booking_id"}),
    )];
    let confirm = "/showtimes/{id}/holds/{hold_id}/confirm";
    link(document, base, (confirm, "post", "200"), &booked)
}

fn operation<'a>(
    document: &'a mut Value,
    base: &str,
    path: &str,
    method: &str,
) -> Result<&'a mut Value, Unknown> {
    let found = document["paths"].get_mut(format!("{base}{path}"));
    let found = found.and_then(|item| item.get_mut(method));
    found.ok_or_else(|| Unknown(format!("{method} {path}")))
}

fn link(
    document: &mut Value,
    base: &str,
    (path, method, status): (&str, &str, &str),
    targets: &[(&str, Value)],
) -> Result<(), Unknown> {
    let operation = operation(document, base, path, method)?;
    let answer = operation["responses"].get_mut(status);
    let answer = answer.ok_or_else(|| Unknown(format!("{method} {path} {status}")))?;
    for (target, parameters) in targets {
        answer["links"][*target] = json!({"operationId": target, "parameters": parameters});
    }
    Ok(())
}
