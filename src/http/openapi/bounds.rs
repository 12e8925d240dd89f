//! The bounds of requests in the description, from the constants that enforce them.
//!
//! They stand here in one table rather than beside the types, because most are the rules' own: a
//! number copied into an attribute would be right until the rule changes.

mod accounts;

use seating::limits::{
    AREA_CAPACITY_MAX, HOLD_TTL_SECONDS_MAX, HOLD_TTL_SECONDS_MIN, LABEL_BYTES_MAX,
    PLACES_PER_BLOCK_MAX, PLACES_PER_BUYER_MAX, PLACES_PER_HOLD_MAX, PRICE_MINOR_UNITS_MAX,
    PRICE_TIERS_MAX, ROWS_MAX, SEAT_ID_BYTES_MAX, SEATS_PER_ROW_MAX, SECTIONS_MAX, TEXT_BYTES_MAX,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::unknown::Unknown;
use crate::http::audit_log::ACTION_CHARS_MAX;
use crate::http::extract::params::SEQ_MAX;
use crate::idempotency::KEY_CHARS_MAX;

/// Adds the bounds to a description.
pub(super) fn add(document: &mut Value) -> Result<(), Unknown> {
    let all = holds()
        .into_iter()
        .chain(blocks())
        .chain(layouts())
        .chain(sales())
        .chain(accounts::accounts());
    for (place, bounds) in all {
        let pointer = format!("/components/schemas/{place}");
        merge(document, &pointer, bounds)?;
    }
    bodies(document);
    parameters(document)
}

/// A body that may be left out is described as one that may be null, which it may not.
fn bodies(document: &mut Value) {
    let paths = document["paths"].as_object_mut();
    let items = paths.into_iter().flatten().map(|(_, item)| item);
    let operations = items.filter_map(Value::as_object_mut).flatten();
    for (_, operation) in operations {
        let body = operation.pointer_mut("/requestBody/content/application~1json/schema");
        if let Some(schema) = body
            && let Some(given) = schema.pointer("/oneOf").and_then(Value::as_array)
            && let Some(given) = given.iter().find(|it| it.get("$ref").is_some()).cloned()
        {
            *schema = given;
            operation["requestBody"]["required"] = json!(false);
        }
    }
}

/// Adds members to an object of the description, or other values to those it has.
fn merge(document: &mut Value, pointer: &str, members: Value) -> Result<(), Unknown> {
    let found = document.pointer_mut(pointer).and_then(Value::as_object_mut);
    let object = found.ok_or_else(|| Unknown(pointer.to_owned()))?;
    if let Value::Object(members) = members {
        object.extend(members);
    }
    Ok(())
}

/// Where in the schemas, and what is added there.
type Bound = (&'static str, Value);

/// A text without control characters. Its bytes are bounded, so it may have fewer characters than
/// these when they are not ASCII.
fn text(bytes_min: usize, bytes_max: usize) -> Value {
    json!({
        "minLength": bytes_min,
        "maxLength": bytes_max,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$",
    })
}

fn label() -> Value {
    text(1, LABEL_BYTES_MAX)
}

fn whole(from: impl Serialize, to: impl Serialize) -> Value {
    json!({"minimum": from, "maximum": to})
}

fn ttl() -> Value {
    whole(HOLD_TTL_SECONDS_MIN, HOLD_TTL_SECONDS_MAX)
}

fn schema(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn array(items_min: usize, items_max: usize, items: &Value) -> Value {
    json!({"minItems": items_min, "maxItems": items_max, "items": items})
}

fn texts(items_max: usize, bytes_max: usize) -> Value {
    let mut item = text(1, bytes_max);
    item["type"] = json!("string");
    let mut list = array(0, items_max, &item);
    list["uniqueItems"] = json!(true);
    list
}

/// A list that names something.
fn named(list: &str) -> Value {
    json!({"required": [list], "properties": {list: {"type": "array", "minItems": 1}}})
}

/// A hold is for places by name, or for the best.
fn wishes() -> Value {
    json!([
        {
            "title": "These places",
            "properties": {"best_available": {"type": "null"}},
            "anyOf": [named("seats"), named("areas")],
        },
        {
            "title": "Whatever is best now",
            "required": ["best_available"],
            "properties": {
                "best_available": {"type": "object"},
                "seats": {"maxItems": 0},
                "areas": {"maxItems": 0},
            },
        },
    ])
}

fn holds() -> Vec<Bound> {
    let quantity = json!({"minimum": 1, "maximum": PLACES_PER_HOLD_MAX});
    let mut few = schema("AreaRequest");
    few["properties"] = json!({"quantity": quantity});
    let seats = texts(PLACES_PER_HOLD_MAX, SEAT_ID_BYTES_MAX);
    let areas = array(0, PLACES_PER_HOLD_MAX, &few);
    let sections = texts(SECTIONS_MAX, LABEL_BYTES_MAX);
    let tiers = texts(PRICE_TIERS_MAX, LABEL_BYTES_MAX);
    let reference = text(0, TEXT_BYTES_MAX);
    let seconds = whole(1, HOLD_TTL_SECONDS_MAX);
    vec![
        ("HoldRequest", json!({"oneOf": wishes()})),
        ("HoldRequest/properties/seats", seats),
        ("HoldRequest/properties/areas", areas),
        ("HoldRequest/properties/ttl_seconds", ttl()),
        ("BestAvailableRequest/properties/quantity", quantity),
        ("BestAvailableRequest/properties/sections", sections),
        ("BestAvailableRequest/properties/price_tiers", tiers),
        ("ExtendRequest/properties/seconds", seconds),
        ("ConfirmRequest/properties/payment_reference", reference),
    ]
}

fn blocks() -> Vec<Bound> {
    let seats = texts(PLACES_PER_BLOCK_MAX, SEAT_ID_BYTES_MAX);
    let areas = array(0, SECTIONS_MAX, &schema("AreaRequest"));
    let reason = text(0, TEXT_BYTES_MAX);
    let anything = json!({"anyOf": [named("seats"), named("areas")]});
    vec![
        ("BlockRequest", anything),
        ("BlockRequest/properties/seats", seats),
        ("BlockRequest/properties/areas", areas),
        ("BlockRequest/properties/reason", reason),
        ("AreaRequest/properties/section", label()),
        (
            "AreaRequest/properties/quantity",
            whole(1, AREA_CAPACITY_MAX),
        ),
    ]
}

/// What a section has depends on its kind.
fn kinds() -> Value {
    json!([
        {
            "title": "Rows of seats",
            "required": ["rows"],
            "properties": {
                "kind": {"const": "reserved"},
                "rows": {"type": "array"},
                "capacity": {"type": "null"},
            },
        },
        {
            "title": "An area",
            "required": ["capacity", "price_tier"],
            "properties": {
                "kind": {"const": "general_admission"},
                "capacity": {"type": "integer"},
                "price_tier": {"type": "string"},
                "rows": {"type": "null"},
            },
        },
    ])
}

fn layouts() -> Vec<Bound> {
    let mut number = label();
    number["type"] = json!("string");
    let count = whole(1, SEATS_PER_ROW_MAX);
    let numbers = array(1, SEATS_PER_ROW_MAX, &number);
    let rows = array(1, ROWS_MAX, &schema("Row"));
    let sections = array(1, SECTIONS_MAX, &schema("Section"));
    let tiers = array(1, PRICE_TIERS_MAX, &schema("PriceTier"));
    let key = json!({"type": "string", "maxLength": LABEL_BYTES_MAX});
    let stages = json!({"maxProperties": SECTIONS_MAX, "propertyNames": key});
    let prices = json!({"maxProperties": PRICE_TIERS_MAX, "propertyNames": key});
    let currency = json!({"pattern": "^[A-Z]{3}$"});
    vec![
        ("Money/properties/amount", whole(0, PRICE_MINOR_UNITS_MAX)),
        ("Money/properties/currency", currency),
        ("PriceTier/properties/code", label()),
        ("PriceTier/properties/name", label()),
        ("Row/properties/row", label()),
        ("Row/properties/price_tier", label()),
        ("RowSeats/oneOf/0", count),
        ("RowSeats/oneOf/1", numbers),
        ("Section", json!({"oneOf": kinds()})),
        ("Section/properties/code", label()),
        ("Section/properties/name", label()),
        ("Section/properties/price_tier", label()),
        ("Section/properties/capacity", whole(1, AREA_CAPACITY_MAX)),
        ("Section/properties/rows", rows),
        ("NewShowtimeRequest/properties/sections", sections),
        ("NewShowtimeRequest/properties/price_tiers", tiers),
        ("ImportRequest/properties/prices", prices),
        ("ImportRequest/properties/stages", stages),
    ]
}

/// What all requests about a sale share.
fn sales() -> Vec<Bound> {
    let mut bounds = vec![
        ("NewShowtimeRequest/properties/title", label()),
        ("ImportRequest/properties/title", label()),
        ("NewShowtimeRequest/properties/starts_at", calendar()),
        ("ImportRequest/properties/starts_at", calendar()),
    ];
    bounds.extend([
        ("NewShowtimeRequest/properties/on_sale_from", calendar()),
        ("NewShowtimeRequest/properties/on_sale_until", calendar()),
        ("NewShowtimeRequest/properties/hold_ttl_seconds", ttl()),
        ("NewShowtimeRequest/properties/hold_ttl_max_seconds", ttl()),
        (
            "NewShowtimeRequest/properties/max_per_buyer",
            whole(1, PLACES_PER_BUYER_MAX),
        ),
        ("ImportRequest/properties/on_sale_from", calendar()),
        ("ImportRequest/properties/on_sale_until", calendar()),
        ("ImportRequest/properties/hold_ttl_seconds", ttl()),
        ("ImportRequest/properties/hold_ttl_max_seconds", ttl()),
        (
            "ImportRequest/properties/max_per_buyer",
            whole(1, PLACES_PER_BUYER_MAX),
        ),
        ("ShowtimeChange/properties/on_sale_from", calendar()),
        ("ShowtimeChange/properties/on_sale_until", calendar()),
        ("ShowtimeChange/properties/hold_ttl_seconds", ttl()),
        ("ShowtimeChange/properties/hold_ttl_max_seconds", ttl()),
        (
            "ShowtimeChange/properties/max_per_buyer",
            whole(1, PLACES_PER_BUYER_MAX),
        ),
    ]);
    bounds
}

/// The years of [`seating::limits::CALENDAR`], as far as a text shows them.
fn calendar() -> Value {
    json!({"pattern": "^(19[7-9][0-9]|[2-9][0-9]{3})-"})
}

/// Visible ASCII, quoted or bare; any other text between is taken as well, but need not survive
/// what stands between a client and us.
const KEY_PATTERN: &str = r#"^([!#-~]([ -~]*[!-~])?|"([ !#-\[\]-~]|\\["\\])+")$"#;

/// The schema of a parameter by its name, which means the same on every route.
fn parameter(name: &str, route: &str) -> Option<Value> {
    let by_id = ["/bookings", "/users", "/api-keys"];
    let cursor = if by_id.iter().any(|list| route.ends_with(list)) {
        json!({"type": "string", "format": "uuid"})
    } else if route.ends_with("/audit-log") {
        json!({"type": "string", "pattern": "^[1-9a-f][0-9a-f]{0,14}-[1-9a-f][0-9a-f]{0,14}$"})
    } else {
        let part = |digits| format!("(0|[1-9a-f][0-9a-f]{{0,{digits}}})");
        let pattern = format!("^{}-{}$", part(14), part(7));
        json!({"type": "string", "pattern": pattern})
    };
    let limit_max = if route.ends_with("/journal") {
        1_000
    } else {
        100
    };
    let mut section = label();
    section["type"] = json!("string");
    Some(match name {
        "Idempotency-Key" => json!({
            "type": "string", "minLength": 1, "maxLength": KEY_CHARS_MAX, "pattern": KEY_PATTERN,
        }),
        "page" => json!({"type": "integer", "minimum": 1, "maximum": 10_000}),
        "limit" => json!({"type": "integer", "minimum": 1, "maximum": limit_max}),
        "since_seq" | "after_seq" => json!({"type": "integer", "minimum": 0, "maximum": SEQ_MAX}),
        "status" => json!({
            "type": "string", "enum": ["AVAILABLE", "RESERVED", "BOOKED", "BLOCKED"],
        }),
        "buyer" | "actor_id" | "target_id" => json!({"type": "string", "format": "uuid"}),
        "action" => json!({
            "type": "string", "minLength": 1, "maxLength": ACTION_CHARS_MAX, "pattern": "^[a-z_.]+$",
        }),
        "from" | "until" => json!({"type": "string", "format": "date-time"}),
        "cursor" => cursor,
        "X-CSRF-Protection" => json!({"type": "string", "enum": ["1"]}),
        "role" => json!({"type": "string", "enum": accounts::ROLES}),
        "email" => json!({"type": "string", "maxLength": 254}),
        "section" => section,
        _ => return accounts::parameter(name),
    })
}

fn parameters(document: &mut Value) -> Result<(), Unknown> {
    let paths = document["paths"].as_object_mut();
    for (route, item) in paths.into_iter().flatten() {
        let operations = item.as_object_mut().into_iter().flatten();
        // One without parameters has no such member, and gets none by being asked.
        let all = operations.filter_map(|(_, it)| it.get_mut("parameters")?.as_array_mut());
        for described in all.flatten().filter(|described| described["in"] != "path") {
            let name = described["name"].as_str().unwrap_or_default();
            let schema = parameter(name, route);
            described["schema"] = schema.ok_or_else(|| Unknown(format!("{route} {name}")))?;
        }
    }
    Ok(())
}
