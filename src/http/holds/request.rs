//! Bodies of requests about holds, and what they mean in a layout.

use std::ops::Not;

use seating::command::{BestAvailable, Hold, Party, Want};
use seating::ids::HoldId;
use seating::limits::{PLACES_PER_HOLD_MAX, PRICE_TIERS_MAX, SECTIONS_MAX};
use seating::places::{AreaQuantity, Places, SeatList};
use seating::seat_layout::SeatLayout;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::extract::AtMost;
use crate::http::problem::Problem;
use crate::http::resolve::Resolver;

/// Which places to hold: `seats`, `areas` or both, or else `best_available`.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldRequest {
    /// Exactly these seats.
    #[schema(value_type = Option<Vec<String>>, max_items = 10,
             example = json!(["ORCH-A-1", "ORCH-A-2"]))]
    pub seats: Option<AtMost<String, PLACES_PER_HOLD_MAX>>,
    /// This much of these areas.
    #[schema(value_type = Option<Vec<AreaRequest>>, max_items = 10)]
    pub areas: Option<AtMost<AreaRequest, PLACES_PER_HOLD_MAX>>,
    /// Whatever is best now.
    pub best_available: Option<BestAvailableRequest>,
    /// How long, from 60 to the showtime's `hold_ttl_max_seconds`, for staff to 3600; the
    /// showtime's default otherwise.
    pub ttl_seconds: Option<u32>,
    /// A hold of your own that this one replaces in the same step.
    pub replace_hold_id: Option<Uuid>,
    /// Whether `seats` and `areas` may name blocked places, which only staff hold and sell. What
    /// is not sold is blocked again when the hold ends.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub include_blocked: bool,
}

/// So many places of an area.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaRequest {
    /// The area's section code.
    pub section: String,
    /// How many.
    pub quantity: u32,
}

/// Seats together.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BestAvailableRequest {
    /// How many.
    pub quantity: u32,
    /// Only in these sections; anywhere when it is left out.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 600)]
    pub sections: AtMost<String, SECTIONS_MAX>,
    /// Only in these price tiers; any when it is left out.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 100)]
    pub price_tiers: AtMost<String, PRICE_TIERS_MAX>,
    /// Whether seats apart are better than none.
    #[serde(default)]
    pub allow_split: bool,
}

/// How much longer.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendRequest {
    /// Seconds to add to the deadline, which may move as far past the hold's beginning as the
    /// showtime's `hold_ttl_max_seconds` says.
    pub seconds: u32,
}

/// How a sale was paid.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmRequest {
    /// How the money is known at the till.
    pub payment_reference: Option<String>,
}

impl HoldRequest {
    /// The command, with every name resolved in the layout.
    ///
    /// # Errors
    ///
    /// 422 when it names nothing, names places and the best at once, or names what the layout lacks.
    pub fn command(&self, hold: HoldId, by: Party, layout: &SeatLayout) -> Result<Hold, Problem> {
        Ok(Hold {
            hold,
            by,
            want: self.want(layout)?,
            ttl_seconds: self.ttl_seconds,
            replace: self.replace_hold_id.map(HoldId::new),
            include_blocked: self.include_blocked,
        })
    }

    fn want(&self, layout: &SeatLayout) -> Result<Want, Problem> {
        let mut resolver = Resolver::new(layout);
        // An empty list names nothing, just as none does.
        let seats = self.seats.as_deref().filter(|seats| !seats.is_empty());
        let areas = self.areas.as_deref().filter(|areas| !areas.is_empty());
        let want = match (seats, areas, &self.best_available) {
            (None, None, None) => {
                let message = "name seats, areas or best_available";
                return Err(Problem::invalid("seats", message));
            }
            (None, None, Some(best)) => Want::BestAvailable(BestAvailable {
                quantity: best.quantity,
                sections: resolver.sections("best_available.sections", &best.sections),
                tiers: resolver.tiers("best_available.price_tiers", &best.price_tiers),
                allow_split: best.allow_split,
            }),
            (_, _, Some(_)) => {
                let message = "cannot be combined with seats or areas";
                return Err(Problem::invalid("best_available", message));
            }
            (seats, areas, None) => Want::Places(Places {
                seats: resolver.seats("seats", seats.unwrap_or_default()),
                areas: resolver.areas("areas", areas.unwrap_or_default()),
            }),
        };
        resolver.finish()?;
        Ok(want)
    }
}

impl Resolver<'_> {
    /// Areas by their sections' codes.
    pub fn areas(&mut self, field: &str, areas: &[AreaRequest]) -> Vec<AreaQuantity> {
        let resolve = |(at, area): (usize, &AreaRequest)| {
            let section = self.section(|| format!("{field}[{at}].section"), &area.section)?;
            let quantity = area.quantity;
            Some(AreaQuantity { section, quantity })
        };
        areas.iter().enumerate().filter_map(resolve).collect()
    }

    /// Seats by their ids.
    pub fn seats(&mut self, field: &str, ids: &[String]) -> SeatList {
        let resolve = |(at, id): (usize, &String)| self.seat(|| format!("{field}[{at}]"), id);
        ids.iter().enumerate().filter_map(resolve).collect()
    }
}
