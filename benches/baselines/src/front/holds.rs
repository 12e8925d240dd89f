//! Holds over a design: the same bodies and answers as the product's.

use std::sync::Arc;
use std::time::Duration;

use actors::box_office::{Answer, Durability};
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use fullhouse::accounts::Caller;
use fullhouse::fresh_ids;
use fullhouse::http::bookings::BookingView;
use fullhouse::http::extract::body::{Json, OptionalJson};
use fullhouse::http::extract::{Asking, HoldPath, ShowtimePath, SignedIn};
use fullhouse::http::holds::{ConfirmRequest, HoldRequest, HoldView, ReleasedView};
use fullhouse::http::problem::{self, Code, Problem};
use fullhouse::http::write::{reply, wrong_kind};
use fullhouse::wire::Envelope;
use seating::command::{Confirm, Hold, Party, Role, Want};
use seating::entry::{Decision, Entry, Held, Sale};
use seating::ids::{HoldId, Seq, ShowtimeId};
use seating::limits::{HOLD_TTL_SECONDS_MAX, HOLD_TTL_SECONDS_MIN, PLACES_PER_HOLD_MAX};
use seating::places::Places;
use seating::rejection::{Conflict, Field, HoldEnd, PlaceStatus, Rejection};
use seating::seat_layout::{SeatIndex, SeatLayout};
use seating::timestamp::Timestamp;

use super::{Baseline, refuse_key};
use crate::on_sale::OnSale;
use crate::outcome::{HoldKey, WhyNot};
use crate::seller::{Granted, Undecided};

pub(super) async fn create(
    State(baseline): State<Baseline>,
    SignedIn(caller): SignedIn,
    ShowtimePath(id): ShowtimePath,
    key: Asking,
    Json(body): Json<HoldRequest>,
) -> Result<Response, Problem> {
    refuse_key(&key)?;
    let on_sale = baseline.showtimes().find(id).await?;
    let now = baseline.now();
    let hold = body.command(fresh_ids::hold(now), caller.party(), &on_sale.layout)?;
    let refused = |rejection| problem::of_rejection(&rejection, &on_sale.layout);
    check(&hold, &on_sale, now).map_err(refused)?;
    let ttl = hold.ttl_seconds.unwrap_or(on_sale.terms.hold_ttl_seconds);
    let key = hold_key(id, hold.hold, caller);
    let seller = baseline.seller();
    let granted = match &hold.want {
        Want::Places(places) => seller.hold_seats(key, &places.seats, ttl).await,
        Want::BestAvailable(best) => seller.hold_best(key, best.quantity, &on_sale, ttl).await,
    };
    let (seats, expires_at) = match granted.map_err(|error| undecided(&error))? {
        Granted::Seats(seats, until) => (seats, until),
        Granted::Taken(taken) => return Err(refused(unavailable(taken))),
        Granted::NoBlock => return Err(refused(no_block(&hold.want))),
    };
    let begun = Held {
        hold: hold.hold,
        buyer: hold.by.buyer,
        places: Places::of_seats(seats),
        expires_at,
        replaced: None,
        began_at: None,
        from_blocked: None,
    };
    let answer = answer(Decision::Held(begun), now);
    let Decision::Held(begun) = &answer.entry.decision else {
        return Err(wrong_kind(&answer));
    };
    let view = HoldView::of_held(id, &on_sale.layout, begun, &answer, now);
    let mut response = reply(StatusCode::CREATED, &answer, &Envelope::of(view));
    let place = format!("/api/v1/showtimes/{id}/holds/{}", begun.hold);
    if let Ok(place) = HeaderValue::try_from(place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

pub(super) async fn release(
    State(baseline): State<Baseline>,
    SignedIn(caller): SignedIn,
    HoldPath(id, hold): HoldPath,
    key: Asking,
) -> Result<Response, Problem> {
    refuse_key(&key)?;
    let on_sale = baseline.showtimes().find(id).await?;
    let key = hold_key(id, hold, caller);
    let released = baseline.seller().release(key).await;
    let released = released.map_err(|error| undecided(&error))?;
    let ended = released.map_err(|why| why_not(why, &on_sale.layout))?;
    let by_staff = ended.buyer.uuid() != caller.subject;
    let answer = answer(Decision::Released { hold, by_staff }, baseline.now());
    let view = ReleasedView::of(hold, &answer);
    Ok(reply(StatusCode::OK, &answer, &Envelope::of(view)))
}

pub(super) async fn confirm(
    State(baseline): State<Baseline>,
    SignedIn(caller): SignedIn,
    HoldPath(id, hold): HoldPath,
    key: Asking,
    OptionalJson(body): OptionalJson<ConfirmRequest>,
) -> Result<Response, Problem> {
    refuse_key(&key)?;
    let on_sale = baseline.showtimes().find(id).await?;
    let by = caller.party();
    if by.role == Role::Buyer && !on_sale.is_free() {
        return Err(problem::of_rejection(
            &Rejection::PaymentRequired,
            &on_sale.layout,
        ));
    }
    let now = baseline.now();
    let wish = Confirm {
        hold,
        by,
        booking: fresh_ids::booking(now),
        tickets: fresh_ids::tickets(now),
        payment_reference: body.payment_reference,
    };
    let key = hold_key(id, hold, caller);
    let sold = baseline.seller().confirm(key, &wish).await;
    let sold = sold.map_err(|error| undecided(&error))?;
    let ended = sold.map_err(|why| why_not(why, &on_sale.layout))?;
    let sale = Sale {
        booking: wish.booking,
        hold,
        buyer: ended.buyer,
        tickets: wish
            .tickets
            .iter()
            .copied()
            .take(ended.seats.len())
            .collect(),
        places: Places::of_seats(ended.seats),
        payment_reference: wish.payment_reference,
    };
    let answer = answer(Decision::Confirmed(sale), now);
    let Decision::Confirmed(sale) = &answer.entry.decision else {
        return Err(wrong_kind(&answer));
    };
    let view = BookingView::of_sale(id, &on_sale.layout, sale, &answer);
    Ok(reply(StatusCode::OK, &answer, &Envelope::of(view)))
}

/// What the rules check of a wish without looking at any seat, and what no design here can do.
fn check(hold: &Hold, on_sale: &OnSale, now: Timestamp) -> Result<(), Rejection> {
    let Party { role, .. } = hold.by;
    on_sale.check_on_sale(role, now)?;
    let invalid = |field, reason: String| Err(Rejection::Invalid { field, reason });
    let absent = "is not part of the comparison";
    let ttl = hold.ttl_seconds.unwrap_or(on_sale.terms.hold_ttl_seconds);
    if !(HOLD_TTL_SECONDS_MIN..=HOLD_TTL_SECONDS_MAX).contains(&ttl) {
        let bounds = format!("must be from {HOLD_TTL_SECONDS_MIN} to {HOLD_TTL_SECONDS_MAX}");
        return invalid(Field::HoldSeconds, bounds);
    }
    if hold.replace.is_some() {
        return invalid(Field::ReplacedHold, absent.to_owned());
    }
    let (field, quantity) = match &hold.want {
        Want::Places(places) if !places.areas.is_empty() => {
            return invalid(Field::Areas, absent.to_owned());
        }
        Want::Places(places) => (Field::Seats, places.seats.len()),
        Want::BestAvailable(best) => {
            if !best.sections.is_empty() || !best.tiers.is_empty() || best.allow_split {
                let message = "only its quantity is part of the comparison";
                return invalid(Field::BestAvailable, message.to_owned());
            }
            (Field::BestQuantity, best.quantity as usize)
        }
    };
    if quantity == 0 || quantity > PLACES_PER_HOLD_MAX {
        let bounds = format!("a hold is for 1 to {PLACES_PER_HOLD_MAX} places");
        return invalid(field, bounds);
    }
    if let Want::Places(places) = &hold.want
        && let Some(seat) = repeated(&places.seats)
    {
        let id = on_sale.layout.seat_id(seat);
        return invalid(Field::Seats, format!("the seat {id:?} is a duplicate"));
    }
    Ok(())
}

fn repeated(seats: &[SeatIndex]) -> Option<SeatIndex> {
    let mut earlier = seats.iter().enumerate();
    let found = earlier.find(|(at, seat)| seats[..*at].contains(seat));
    found.map(|(_, seat)| *seat)
}

const fn hold_key(showtime: ShowtimeId, hold: HoldId, caller: Caller) -> HoldKey {
    HoldKey {
        showtime,
        hold,
        buyer: caller.party().buyer,
        is_staff: caller.role.is_staff(),
    }
}

/// What was done, as the answers are made from it. The designs number nothing.
fn answer(decision: Decision, at: Timestamp) -> Answer {
    Answer {
        entry: Arc::new(Entry {
            seq: Seq::ZERO,
            at,
            request: None,
            by: None,
            decision,
        }),
        replayed: false,
        durability: Durability::Journaled,
        ahead_micros: 0,
    }
}

fn unavailable(taken: Vec<(SeatIndex, bool)>) -> Rejection {
    let conflicts = taken.into_iter().map(|(seat, is_sold)| {
        let status = if is_sold {
            PlaceStatus::Booked
        } else {
            PlaceStatus::Reserved
        };
        Conflict::Seat(seat, status)
    });
    Rejection::PlacesUnavailable {
        conflicts: conflicts.collect(),
    }
}

fn no_block(want: &Want) -> Rejection {
    let quantity = match want {
        Want::BestAvailable(best) => best.quantity,
        Want::Places(places) => places.count(),
    };
    Rejection::NoBlock { quantity }
}

fn why_not(why: WhyNot, layout: &SeatLayout) -> Problem {
    let ended = |how| Rejection::HoldEnded { how };
    let rejection = match why {
        WhyNot::NotFound => Rejection::HoldNotFound,
        WhyNot::Expired => Rejection::HoldExpired,
        WhyNot::Confirmed => ended(HoldEnd::Confirmed(None)),
        WhyNot::Released => ended(HoldEnd::Released),
    };
    problem::of_rejection(&rejection, layout)
}

/// When a request that gave up should come back.
const RETRY_AFTER: Duration = Duration::from_millis(500);

fn undecided(error: &Undecided) -> Problem {
    match error {
        Undecided::GaveUp => {
            Problem::new(Code::Overloaded, error.to_string()).with_retry_after(RETRY_AFTER)
        }
        Undecided::Database(_) | Undecided::Redis(_) => {
            Problem::new(Code::JournalUnavailable, "the database is unavailable")
                .with_retry_after(RETRY_AFTER)
                .with_cause(error)
        }
    }
}
