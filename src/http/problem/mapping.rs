//! What the rules, the owners and the tables say, as problems: one exhaustive match each.

use actors::error::CallError;
use journal::causes::Causes;
use persistence::error::StoreError;
use seating::rejection::{Conflict, HoldEnd, Rejection};
use seating::seat_layout::SeatLayout;

use super::words;
use crate::http::problem::{Code, ConflictDocument, FieldError, Problem};
use crate::wire::{Fault, names};

/// How long to wait for something that ends within moments.
const SOON: std::time::Duration = std::time::Duration::from_millis(500);

/// The problem for a rejection, with the places named as the layout names them.
pub fn of_rejection(rejection: &Rejection, layout: &SeatLayout) -> Problem {
    let of = |code| Problem::new(code, words::of_rejection(rejection, layout));
    match rejection {
        Rejection::Invalid { field, reason } => {
            Problem::invalid(names::of_field(*field), reason.clone())
        }
        Rejection::PlacesUnavailable { conflicts } => {
            of(Code::SeatsUnavailable).with_conflicts(conflicts_of(conflicts, layout))
        }
        Rejection::NotBlocked { conflicts } => {
            of(Code::NotBlocked).with_conflicts(conflicts_of(conflicts, layout))
        }
        Rejection::NotForSale { conflicts } => {
            of(Code::NotForSale).with_conflicts(conflicts_of(conflicts, layout))
        }
        Rejection::SoldOut { conflicts } => {
            of(Code::SoldOut).with_conflicts(conflicts_of(conflicts, layout))
        }
        Rejection::NoBlock { .. } => of(Code::NoBlock),
        Rejection::StrandedSeat { seats } => {
            let free = |&seat| ConflictDocument {
                seat_id: Some(layout.seat_id(seat).to_owned()),
                section: None,
                status: "AVAILABLE",
                available: None,
            };
            of(Code::StrandedSeat).with_conflicts(seats.iter().map(free).collect())
        }
        Rejection::TicketLimitReached { .. } => of(Code::TicketLimitReached),
        Rejection::NotOnSale { .. } | Rejection::NotOpened => of(Code::ShowtimeNotOnSale),
        Rejection::ShowtimeState { .. } => of(Code::ShowtimeState),
        Rejection::HoldNotFound => of(Code::HoldNotFound),
        Rejection::HoldExpired
        | Rejection::HoldEnded {
            how: HoldEnd::Expired,
        } => of(Code::HoldExpired),
        Rejection::HoldEnded {
            how: HoldEnd::Confirmed(_) | HoldEnd::Released,
        } => of(Code::HoldEnded),
        Rejection::HoldPinned => of(Code::HoldPinned),
        Rejection::CannotExtend { .. } => of(Code::CannotExtend),
        Rejection::PaymentRequired => of(Code::Forbidden),
        Rejection::BookingNotFound => of(Code::BookingNotFound),
        Rejection::BookingState { .. } => of(Code::BookingState),
        Rejection::KeyReused => of(Code::IdempotencyKeyReused),
        Rejection::IdInUse(_) => of(Code::IdInUse).with_retry_after(SOON),
    }
}

/// The problem for a call that was not decided, or whose decision is not known to be kept.
pub fn of_call_error(error: &CallError, layout: Option<&SeatLayout>) -> Problem {
    let of = |code| Problem::new(code, words::of_call(error));
    match error {
        CallError::Rejected(rejection) => match layout {
            Some(layout) => of_rejection(rejection, layout),
            None => Problem::internal(rejection),
        },
        CallError::Overloaded { retry_after } => {
            of(Code::Overloaded).with_retry_after(*retry_after)
        }
        CallError::JournalUnavailable { retry_after } => {
            of(Code::JournalUnavailable).with_retry_after(*retry_after)
        }
        CallError::OwnerRestarted => of(Code::OwnerRestarted).with_retry_after(SOON),
        CallError::NothingToDo => of(Code::ValidationFailed),
        CallError::UnknownShowtime => of(Code::NotFound),
        CallError::TimedOut => of(Code::TimedOut).with_retry_after(SOON),
        CallError::ShuttingDown => of(Code::ShuttingDown).with_retry_after(SOON),
        CallError::GaveUp { retry_after } => {
            of(Code::ShowtimeUnavailable).with_retry_after(*retry_after)
        }
        CallError::Starting { retry_after } => {
            of(Code::ShowtimeStarting).with_retry_after(*retry_after)
        }
        CallError::TooManyShowtimes { retry_after } => {
            of(Code::TooManyShowtimes).with_retry_after(*retry_after)
        }
        CallError::WrongClock { .. } | CallError::Deposed => of(Code::ShowtimeUnavailable)
            .with_retry_after(SOON)
            .with_cause(error),
    }
}

/// The problem for a failure of the tables.
pub fn of_store(error: &StoreError) -> Problem {
    let mut cause = Causes(error).to_string();
    if let Some(code) = error.sqlstate() {
        cause = format!("{cause} (SQLSTATE {code})");
    }
    match error {
        StoreError::Driver(_) => {
            let detail =
                "the database cannot be reached; send the request again when Retry-After says";
            Problem::new(Code::JournalUnavailable, detail)
                .with_retry_after(SOON)
                .with_cause(cause)
        }
        StoreError::KeyTaken => Problem::new(
            Code::Overloaded,
            "the same Idempotency-Key came at the same time; nothing was done: send it again when Retry-After says",
        )
        .with_retry_after(SOON),
        StoreError::CorruptRow { .. } | StoreError::RowsAffected { .. } => Problem::internal(cause),
    }
}

/// The problem that names every wrong field, each by its path; there is at least one.
pub fn of_faults(faults: Vec<Fault>) -> Problem {
    let others = faults.len().saturating_sub(1);
    let first = faults.first().map(ToString::to_string).unwrap_or_default();
    let detail = match others {
        0 => first,
        1 => format!("{first}; and one more"),
        others => format!("{first}; and {others} more"),
    };
    let errors = faults.into_iter().map(|fault| FieldError {
        field: fault.path,
        message: fault.reason,
    });
    Problem::new(Code::ValidationFailed, detail).with_errors(errors.collect())
}

fn conflicts_of(conflicts: &[Conflict], layout: &SeatLayout) -> Vec<ConflictDocument> {
    let named = conflicts.iter().map(|&taken| conflict(taken, layout));
    named.collect()
}

fn conflict(conflict: Conflict, layout: &SeatLayout) -> ConflictDocument {
    match conflict {
        Conflict::Seat(seat, status) => ConflictDocument {
            seat_id: Some(layout.seat_id(seat).to_owned()),
            section: None,
            status: names::place_status(status),
            available: None,
        },
        Conflict::Area {
            section,
            status,
            available,
        } => ConflictDocument {
            seat_id: None,
            section: Some(layout.section(section).code.clone()),
            status: names::place_status(status),
            available: Some(available),
        },
    }
}
