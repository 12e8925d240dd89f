//! Holding places.

use super::checks::{on_sale, ttl_max};
use crate::best_available::Search;
use crate::clock::Moment;
use crate::command::{BestAvailable, Hold, Party, Role, Want};
use crate::entry::{Decision, Held};
use crate::ids::HoldId;
use crate::limits::{HOLD_TTL_SECONDS_MIN, PLACES_PER_HOLD_MAX, PRICE_TIERS_MAX, SECTIONS_MAX};
use crate::places::Places;
use crate::rejection::{Field, Rejection, invalid};
use crate::sale_terms::{GapRule, SaleTerms};
use crate::seat_layout::SectionIndex;
use crate::seat_map::SeatMap;
use crate::seat_map::gap_rule::avoidably_stranded;
use crate::snapshot::HoldImage;

impl SeatMap {
    pub(super) fn decide_hold(
        &self,
        hold: &Hold,
        terms: &SaleTerms,
        now: Moment,
    ) -> Result<Decision, Rejection> {
        on_sale(terms, hold.by.role, now.wall)?;
        let now = now.own;
        let ttl_max = ttl_max(terms, hold.by.role);
        let ttl_seconds = hold.ttl_seconds.unwrap_or(terms.hold_ttl_seconds);
        if !(HOLD_TTL_SECONDS_MIN..=ttl_max).contains(&ttl_seconds) {
            let bounds =
                format!("must be from {HOLD_TTL_SECONDS_MIN} to {ttl_max}, not {ttl_seconds}");
            return Err(invalid(Field::HoldSeconds, bounds));
        }
        check_include_blocked(hold)?;
        if self.holds.find(hold.hold).is_some() {
            return Err(Rejection::IdInUse(hold.hold.uuid()));
        }
        let replaced = hold
            .replace
            .map(|id| self.replaceable(id, hold.by))
            .transpose()?;
        let quantity = self.valid_quantity(&hold.want)?;
        self.check_buyer_cap(hold.by, quantity, replaced, terms)?;
        let mut from_blocked = None;
        let places = match &hold.want {
            Want::Places(places) => {
                from_blocked = self.check_available(places, replaced, hold.include_blocked)?;
                self.check_gap_rule(places, hold.by, replaced, terms)?;
                places.clone()
            }
            Want::BestAvailable(wish) => self.find_best(wish, replaced)?,
        };
        // A place that is kept keeps its age: no chain of replacements outlives the longest hold.
        let kept = replaced.filter(|old| old.places.share_any(&places));
        let wanted = now.plus_seconds(ttl_seconds);
        Ok(Decision::Held(Held {
            hold: hold.hold,
            buyer: hold.by.buyer,
            places,
            // What the replaced hold promised stands, also where the cap was lowered since.
            expires_at: kept.map_or(wanted, |old| {
                wanted.min(old.began_at.plus_seconds(ttl_max).max(old.expires_at))
            }),
            replaced: hold.replace,
            began_at: kept.map(|old| old.began_at).filter(|began| *began < now),
            from_blocked,
        }))
    }

    /// Buyers and staff swap only their own holds.
    fn replaceable(&self, id: HoldId, by: Party) -> Result<&HoldImage, Rejection> {
        self.unpinned_hold(
            id,
            Party {
                role: Role::Buyer,
                ..by
            },
        )
        .map(|(_, hold)| hold)
    }

    /// How many places are wanted, once the wish itself is well formed.
    fn valid_quantity(&self, want: &Want) -> Result<u32, Rejection> {
        let (quantity, field) = match want {
            Want::Places(places) => {
                self.valid_places(places)?;
                (
                    places.count(),
                    if places.seats.is_empty() {
                        Field::Areas
                    } else {
                        Field::Seats
                    },
                )
            }
            Want::BestAvailable(wish) => {
                self.valid_filters(wish)?;
                (wish.quantity, Field::BestQuantity)
            }
        };
        if quantity == 0 || quantity as usize > PLACES_PER_HOLD_MAX {
            let bounds = format!("a hold is for 1 to {PLACES_PER_HOLD_MAX} places");
            return Err(invalid(field, bounds));
        }
        Ok(quantity)
    }

    fn valid_places(&self, places: &Places) -> Result<(), Rejection> {
        if places.seats.len() > PLACES_PER_HOLD_MAX || places.areas.len() > PLACES_PER_HOLD_MAX {
            let field = if places.areas.len() > places.seats.len() {
                Field::Areas
            } else {
                Field::Seats
            };
            return Err(invalid(
                field,
                format!("a hold is for 1 to {PLACES_PER_HOLD_MAX} places"),
            ));
        }
        for (at, &seat) in places.seats.iter().enumerate() {
            if !self.layout.has_seat(seat) {
                return Err(invalid(Field::Seats, "there is no such seat"));
            }
            if places.seats[..at].contains(&seat) {
                let id = self.layout.seat_id(seat);
                return Err(invalid(
                    Field::Seats,
                    format!("the seat {id:?} is a duplicate"),
                ));
            }
        }
        for (at, area) in places.areas.iter().enumerate() {
            self.valid_area(*area)?;
            if places.areas[..at]
                .iter()
                .any(|earlier| earlier.section == area.section)
            {
                let code = &self.layout.section(area.section).code;
                return Err(invalid(
                    Field::Areas,
                    format!("the area {code:?} is a duplicate"),
                ));
            }
        }
        Ok(())
    }

    fn valid_filters(&self, wish: &BestAvailable) -> Result<(), Rejection> {
        let sections = self.layout.sections();
        let tiers = self.layout.tiers().len();
        if wish.sections.len() > SECTIONS_MAX || wish.tiers.len() > PRICE_TIERS_MAX {
            return Err(invalid(Field::BestAvailable, "names too many filters"));
        }
        if wish.tiers.iter().any(|tier| usize::from(tier.0) >= tiers) {
            return Err(invalid(Field::BestTiers, "there is no such price tier"));
        }
        let exists = |at: &SectionIndex| usize::from(at.0) < sections.len();
        if !wish.sections.iter().all(exists) {
            return Err(invalid(Field::BestSections, "there is no such section"));
        }
        Ok(())
    }

    /// The cap counts live holds and bookings together; staff serve many people.
    fn check_buyer_cap(
        &self,
        by: Party,
        quantity: u32,
        replaced: Option<&HoldImage>,
        terms: &SaleTerms,
    ) -> Result<(), Rejection> {
        let has = self.places_by_buyer.get(&by.buyer).copied().unwrap_or(0);
        let current = has - replaced.map_or(0, |hold| hold.places.count());
        if by.role == Role::Buyer && current + quantity > terms.max_per_buyer {
            return Err(Rejection::TicketLimitReached {
                max: terms.max_per_buyer,
                current,
            });
        }
        Ok(())
    }

    fn check_gap_rule(
        &self,
        places: &Places,
        by: Party,
        replaced: Option<&HoldImage>,
        terms: &SaleTerms,
    ) -> Result<(), Rejection> {
        if by.role == Role::Staff || terms.gap_rule == GapRule::Off {
            return Ok(());
        }
        let free = self.free_without(replaced);
        let seats = avoidably_stranded(&self.layout, &free, places, terms.gap_rule);
        if seats.is_empty() {
            Ok(())
        } else {
            Err(Rejection::StrandedSeat { seats })
        }
    }

    fn find_best(
        &self,
        wish: &BestAvailable,
        replaced: Option<&HoldImage>,
    ) -> Result<Places, Rejection> {
        let free = self.free_without(replaced);
        let search = Search {
            layout: &self.layout,
            free: &free,
            free_of_area: &|section| self.free_of_area(section, replaced),
            quantity: wish.quantity,
            sections: &wish.sections,
            tiers: &wish.tiers,
            allow_split: wish.allow_split,
        };
        match search.find() {
            Some(places) => Ok(places),
            None if search.anything_free() => Err(Rejection::NoBlock {
                quantity: wish.quantity,
            }),
            None => Err(Rejection::SoldOut {
                conflicts: Vec::new(),
            }),
        }
    }
}

/// Only staff sell blocked places, and they name the ones they mean.
fn check_include_blocked(hold: &Hold) -> Result<(), Rejection> {
    let why = match (hold.include_blocked, hold.by.role, &hold.want) {
        (false, ..) | (true, Role::Staff, Want::Places(_)) => return Ok(()),
        (true, Role::Buyer, _) => "is for the box office: buyers hold what is on sale",
        (true, Role::Staff, Want::BestAvailable(_)) => {
            "is for places that are named under seats or areas, not for best_available"
        }
    };
    Err(invalid(Field::IncludeBlocked, why))
}
