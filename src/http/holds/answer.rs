//! Holds as clients read them.

use actors::box_office::Answer;
use seating::entry::Held;
use seating::ids::{HoldId, Seq, ShowtimeId};
use seating::rejection::HoldEnd;
use seating::seat_layout::SeatLayout;
use seating::snapshot::{HoldImage, HoldLife};
use seating::timestamp::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::names;
use crate::wire::places::{AreaView, SeatView, area_views, seat_views, total};
use crate::wire::{MoneyBody, MoneyView, rfc3339};

/// A hold.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Hold)]
pub struct HoldView<'a> {
    /// Its id.
    pub hold_id: Uuid,
    /// Its showtime's id.
    pub showtime_id: Uuid,
    /// `held`, `pinned`, `confirmed`, `released` or `expired`.
    #[schema(example = "held")]
    pub status: &'static str,
    /// Its seats.
    pub seats: Vec<SeatView<'a>>,
    /// Its places in areas.
    pub areas: Vec<AreaView<'a>>,
    /// What it costs.
    #[schema(value_type = MoneyBody)]
    pub total: MoneyView<'a>,
    /// Its deadline.
    pub expires_at: String,
    /// Seconds until the deadline, as of `as_of`.
    pub expires_in_seconds: u64,
    /// When this was said.
    pub as_of: String,
    /// What it was sold as, or is being paid for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booking_id: Option<Uuid>,
    /// The last entry of the showtime that this answer knows.
    pub seq: u64,
    /// `journaled`: it survives a crash. `memory`: it will within moments.
    #[schema(example = "journaled")]
    pub durability: &'static str,
}

impl<'a> HoldView<'a> {
    /// A hold as it was when it began, so that a repeated request reads the same answer; but what is
    /// left of its time is what is left at `now`.
    pub fn of_held(
        showtime: ShowtimeId,
        layout: &'a SeatLayout,
        held: &Held,
        answer: &Answer,
        now: Timestamp,
    ) -> Self {
        let expires_at = answer.on_the_wall(held.expires_at);
        Self {
            hold_id: held.hold.uuid(),
            showtime_id: showtime.uuid(),
            status: "held",
            seats: seat_views(layout, &held.places),
            areas: area_views(layout, &held.places),
            total: total(layout, &held.places),
            expires_at: rfc3339(expires_at),
            expires_in_seconds: expires_at.seconds_after(now),
            as_of: rfc3339(now),
            booking_id: None,
            seq: answer.entry.seq.0,
            durability: names::durability(answer),
        }
    }

    /// A hold as it is now.
    pub fn of_image(
        showtime: ShowtimeId,
        layout: &'a SeatLayout,
        image: &HoldImage,
        now: Timestamp,
        seq: Seq,
    ) -> Self {
        let (status, live) = match image.life {
            HoldLife::Held if image.expires_at <= now => (HoldEnd::Expired.as_str(), false),
            HoldLife::Held => ("held", true),
            HoldLife::Pinned(_) => ("pinned", true),
            HoldLife::Ended(how) => (names::hold_end(how), false),
        };
        let left = image.expires_at.seconds_after(now);
        Self {
            hold_id: image.id.uuid(),
            showtime_id: showtime.uuid(),
            status,
            seats: seat_views(layout, &image.places),
            areas: area_views(layout, &image.places),
            total: total(layout, &image.places),
            expires_at: rfc3339(image.expires_at),
            expires_in_seconds: if live { left } else { 0 },
            as_of: rfc3339(now),
            booking_id: match image.life {
                HoldLife::Pinned(booking) | HoldLife::Ended(HoldEnd::Confirmed(Some(booking))) => {
                    Some(booking.uuid())
                }
                HoldLife::Held | HoldLife::Ended(_) => None,
            },
            seq: seq.0,
            durability: names::JOURNALED,
        }
    }
}

/// A hold that was given back.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReleasedHold)]
pub struct ReleasedView {
    /// Its id.
    hold_id: Uuid,
    /// Always `released`.
    status: &'static str,
    /// The entry's number.
    seq: u64,
    /// `journaled` or `memory`.
    durability: &'static str,
}

impl ReleasedView {
    /// After its release.
    pub fn of(hold: HoldId, answer: &Answer) -> Self {
        Self {
            hold_id: hold.uuid(),
            status: HoldEnd::Released.as_str(),
            seq: answer.entry.seq.0,
            durability: names::durability(answer),
        }
    }
}

/// A hold's new deadline.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ExtendedHold)]
pub struct ExtendedView {
    /// Its id.
    hold_id: Uuid,
    /// Always `held`.
    status: &'static str,
    /// Its new deadline.
    expires_at: String,
    /// Seconds until then, as of `as_of`.
    expires_in_seconds: u64,
    /// When this was said.
    as_of: String,
    /// The entry's number.
    seq: u64,
    /// `journaled` or `memory`.
    durability: &'static str,
}

impl ExtendedView {
    /// After its extension.
    pub fn of(hold: HoldId, expires_at: Timestamp, answer: &Answer, now: Timestamp) -> Self {
        let expires_at = answer.on_the_wall(expires_at);
        Self {
            hold_id: hold.uuid(),
            status: "held",
            expires_at: rfc3339(expires_at),
            expires_in_seconds: expires_at.seconds_after(now),
            as_of: rfc3339(now),
            seq: answer.entry.seq.0,
            durability: names::durability(answer),
        }
    }
}
