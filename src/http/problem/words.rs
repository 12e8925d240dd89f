//! What a client reads of a refusal or a failure: what happened, whether anything was changed, and
//! what to do about it.

use std::borrow::Cow;

use actors::error::CallError;
use seating::rejection::{Conflict, HoldEnd, Rejection};
use seating::seat_layout::{SeatIndex, SeatLayout};
use uuid::Uuid;

use crate::wire::{names, rfc3339};

/// Places that are named in a sentence; all are in `conflicts`.
const NAMED_MAX: usize = 5;

/// How to learn what became of a request that may have been carried out.
const ASK_AGAIN: &str =
    "send the same request with the same Idempotency-Key again: it is done at most once";

/// Says the same of a hold that does not exist and of one that is not the caller's, on purpose.
pub(crate) const NO_SUCH_HOLD: &str =
    "there is no such hold in this showtime, or it is another buyer's";
/// The same of a booking.
pub(crate) const NO_SUCH_BOOKING: &str = "there is no such booking, or it is another buyer's";

const HOLD_EXPIRED: &str = "the hold has expired, and its places went back on sale: hold again";
const HOLD_RELEASED: &str = "the hold was released; nothing was changed: hold again";
const HOLD_CONFIRMED: &str = "the hold was confirmed, and its places are sold; nothing was changed";
const HOLD_PINNED: &str =
    "the payment of the hold has begun, so it stays as it is until that succeeds or fails";
const PAYMENT_REQUIRED: &str = "the hold costs money, so only the roles EDITOR and SUPER_ADMIN confirm it; nothing was changed";
const KEY_REUSED: &str = "this Idempotency-Key was used for another request; nothing was done: send a new key with a new request";
const NOT_ON_SALE: &str = "the showtime is not on sale: its sale is over or paused, or it is cancelled, as its status and on_sale_until say; nothing was done";

/// What the rules say.
pub(super) fn of_rejection(rejection: &Rejection, layout: &SeatLayout) -> Cow<'static, str> {
    let named = |conflicts| named(conflicts, layout);
    let words = match rejection {
        Rejection::Invalid { field, reason } => format!("{}: {reason}", names::of_field(*field)),
        Rejection::PlacesUnavailable { conflicts } => {
            let named = named(conflicts);
            format!(
                "not available: {named}; nothing was changed: choose others, or leave these out"
            )
        }
        Rejection::NotBlocked { conflicts } => {
            let named = named(conflicts);
            format!("not blocked: {named}; nothing was changed: leave these out")
        }
        Rejection::NotForSale { conflicts } => {
            let named = named(conflicts);
            format!(
                "without a price, so not for sale: {named}; nothing was changed: leave these out"
            )
        }
        Rejection::SoldOut { conflicts } => sold_out(conflicts, layout),
        Rejection::NoBlock { quantity } => no_block(*quantity),
        Rejection::StrandedSeat { seats } => stranded(seats, layout),
        Rejection::TicketLimitReached { max, current } => limit_reached(*max, *current),
        Rejection::NotOnSale { opens_at: Some(at) } => {
            let at = rfc3339(*at);
            format!("the showtime is on sale from {at}; nothing was done: come again then")
        }
        Rejection::NotOnSale { opens_at: None } | Rejection::NotOpened => {
            return NOT_ON_SALE.into();
        }
        Rejection::ShowtimeState { .. } => format!("{rejection}; nothing was changed"),
        Rejection::HoldNotFound => return NO_SUCH_HOLD.into(),
        Rejection::HoldExpired => return HOLD_EXPIRED.into(),
        Rejection::HoldEnded { how } => return of_end(*how).into(),
        Rejection::HoldPinned => return HOLD_PINNED.into(),
        Rejection::CannotExtend { limit_seconds } => cannot_extend(*limit_seconds),
        Rejection::PaymentRequired => return PAYMENT_REQUIRED.into(),
        Rejection::BookingNotFound => return NO_SUCH_BOOKING.into(),
        Rejection::BookingState { state } => {
            format!("the booking is {state}, so this cannot be done with it; nothing was changed")
        }
        Rejection::KeyReused => return KEY_REUSED.into(),
        Rejection::IdInUse(id) => id_in_use(*id),
    };
    words.into()
}

const fn of_end(how: HoldEnd) -> &'static str {
    match how {
        HoldEnd::Confirmed(_) => HOLD_CONFIRMED,
        HoldEnd::Released => HOLD_RELEASED,
        HoldEnd::Expired => HOLD_EXPIRED,
    }
}

fn no_block(quantity: u32) -> String {
    format!(
        "no {quantity} places together are left of what was asked for; nothing was held: ask for fewer, ask elsewhere, or set allow_split"
    )
}

fn cannot_extend(limit_seconds: u32) -> String {
    format!(
        "a hold ends at the latest {limit_seconds} seconds after its places were first held; it was not extended: ask for fewer seconds"
    )
}

fn id_in_use(id: Uuid) -> String {
    format!(
        "the id {id}, which was made for this request, is in use already; nothing was done: send the request again"
    )
}

/// The result of a call that was not decided, or whose decision is not known to be kept.
pub(super) fn of_call(error: &CallError) -> Cow<'static, str> {
    let later = |what| format!("{what}; nothing was done: send it again when Retry-After says");
    let unknown = |what| format!("{what}; {ASK_AGAIN}");
    let words = match error {
        CallError::Rejected(rejection) => rejection.to_string(),
        CallError::NothingToDo => return "there is nothing to do; nothing was changed".into(),
        CallError::UnknownShowtime => return "there is no such showtime".into(),
        CallError::Overloaded { .. } => later("too many requests are waiting"),
        CallError::GaveUp { .. } => later("the server cannot serve this showtime at the moment"),
        CallError::Starting { .. } => later("the server is still loading this showtime"),
        CallError::TooManyShowtimes { .. } => {
            later("the server serves as many showtimes at once as it can")
        }
        CallError::WrongClock { .. } => {
            later("the server's clock is wrong, so it does not begin to sell")
        }
        CallError::ShuttingDown => later("the server is stopping"),
        CallError::JournalUnavailable { .. } => {
            unknown("the database cannot be reached, so nothing is promised")
        }
        CallError::OwnerRestarted => {
            unknown("the server had to start this showtime again while it worked on the request")
        }
        CallError::Deposed => unknown("another server has taken this showtime over"),
        CallError::TimedOut => unknown("the answer took too long"),
    };
    words.into()
}

fn sold_out(conflicts: &[Conflict], layout: &SeatLayout) -> String {
    let what = if conflicts.is_empty() {
        "what was asked for".to_owned()
    } else {
        named(conflicts, layout)
    };
    format!(
        "nothing is left of: {what}; nothing was held: what others hold may come back when their time is over"
    )
}

fn stranded(seats: &[SeatIndex], layout: &SeatLayout) -> String {
    let names: Vec<&str> = seats.iter().map(|&seat| layout.seat_id(seat)).collect();
    let names = names.join(", ");
    format!(
        "the choice would leave alone: {names}; nothing was held: take that too, or choose other seats"
    )
}

fn limit_reached(max: u32, current: u32) -> String {
    let has = format!("a buyer may have at most {max} places of this showtime, and has {current}");
    match max.saturating_sub(current) {
        0 => format!("{has}; nothing was held"),
        more => format!("{has}; nothing was held: ask for at most {more}"),
    }
}

fn named(conflicts: &[Conflict], layout: &SeatLayout) -> String {
    let name = |conflict: &Conflict| match *conflict {
        Conflict::Seat(seat, _) => layout.seat_id(seat).to_owned(),
        Conflict::Area {
            section, available, ..
        } => match (&layout.section(section).code, available) {
            (code, 0) => format!("places of section {code}"),
            (code, left) => format!("more than {left} places of section {code}"),
        },
    };
    let mut names: Vec<String> = conflicts.iter().take(NAMED_MAX).map(name).collect();
    let others = conflicts.len() - names.len();
    if others > 0 {
        names.push(format!("{others} more, which conflicts names"));
    }
    names.join(", ")
}
