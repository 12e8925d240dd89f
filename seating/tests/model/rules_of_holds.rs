//! Whether a hold may be had, extended or released.

use std::collections::BTreeSet;

use seating::command::{BestAvailable, Hold, Party, Role, Want};
use seating::entry::{Decision, Held};
use seating::ids::HoldId;
use seating::places::{AreaQuantity, Places};
use seating::rejection::{Conflict, Field, PlaceStatus, Rejection};
use seating::sale_terms::SaleStatus;
use seating::seat_layout::{SeatIndex, SectionIndex};
use seating::snapshot::{HoldImage, HoldLife};
use seating::timestamp::Timestamp;

use crate::reference::{Model, quantity_in};

/// A refusal of a value; the model does not repeat the words.
pub(crate) fn invalid(field: Field) -> Rejection {
    Rejection::Invalid {
        field,
        reason: String::new(),
    }
}

impl Model {
    /// `chosen` is what the seat map chose for a best-available wish, to be judged.
    pub(crate) fn hold(
        &self,
        hold: &Hold,
        (wall, now): (Timestamp, Timestamp),
        chosen: Option<&Places>,
    ) -> Result<Decision, Rejection> {
        self.on_sale(hold.by.role, wall)?;
        let ttl = hold.ttl_seconds.unwrap_or(self.terms.hold_ttl_seconds);
        let longest = self.longest(hold.by.role);
        if ttl < 60 || ttl > longest {
            return Err(invalid(Field::HoldSeconds));
        }
        let by_name = matches!(hold.want, Want::Places(_));
        if hold.include_blocked && !(by_name && hold.by.role == Role::Staff) {
            return Err(invalid(Field::IncludeBlocked));
        }
        if self.holds.contains_key(&hold.hold) {
            return Err(Rejection::IdInUse(hold.hold.uuid()));
        }
        let replaced = match hold.replace {
            Some(id) => Some(self.unpinned(id, as_buyer(hold.by))?),
            None => None,
        };
        let quantity = self.well_formed(&hold.want)?;
        let current = self.places_of(hold.by.buyer) - replaced.map_or(0, |old| old.places.count());
        let max = self.terms.max_per_buyer;
        if hold.by.role == Role::Buyer && current + quantity > max {
            return Err(Rejection::TicketLimitReached { max, current });
        }
        let mut from_blocked = None;
        let places = match &hold.want {
            Want::Places(places) => {
                from_blocked = self.to_be_had(places, replaced, hold.include_blocked)?;
                if hold.by.role == Role::Buyer {
                    self.gap_rule(places, replaced)?;
                }
                places.clone()
            }
            Want::BestAvailable(wish) => self.judge_best(wish, replaced, chosen)?,
        };
        let mut expires_at = now.plus_seconds(ttl);
        let mut began_at = None;
        if let Some(old) = replaced
            && old
                .places
                .iter()
                .any(|kept| places.iter().any(|place| place == kept))
        {
            let end = old.began_at.plus_seconds(longest).max(old.expires_at);
            expires_at = expires_at.min(end);
            began_at = (old.began_at != now).then_some(old.began_at);
        }
        Ok(Decision::Held(Held {
            hold: hold.hold,
            buyer: hold.by.buyer,
            places,
            expires_at,
            replaced: hold.replace,
            began_at,
            from_blocked,
        }))
    }

    /// How long a place may be kept by whoever stands on this side of the counter.
    fn longest(&self, role: Role) -> u32 {
        match role {
            Role::Buyer => self.terms.hold_ttl_max_seconds,
            Role::Staff => 3_600,
        }
    }

    pub(crate) fn extend(
        &self,
        id: HoldId,
        by: Party,
        seconds: u32,
    ) -> Result<Decision, Rejection> {
        let hold = self.unpinned(id, as_buyer(by))?;
        if !(1..=3_600).contains(&seconds) {
            return Err(invalid(Field::Seconds));
        }
        let wanted = hold.expires_at.plus_seconds(seconds);
        let limit_seconds = self.longest(by.role);
        if wanted > hold.began_at.plus_seconds(limit_seconds) {
            return Err(Rejection::CannotExtend { limit_seconds });
        }
        Ok(Decision::Extended {
            hold: id,
            expires_at: wanted,
        })
    }

    pub(crate) fn release(&self, id: HoldId, by: Party) -> Result<Decision, Rejection> {
        let hold = self.unpinned(id, by)?;
        Ok(Decision::Released {
            hold: id,
            by_staff: hold.buyer != by.buyer,
        })
    }

    pub(crate) fn running(&self) -> Result<(), Rejection> {
        if self.terms.status == SaleStatus::Cancelled {
            return Err(Rejection::NotOnSale { opens_at: None });
        }
        Ok(())
    }

    fn on_sale(&self, role: Role, wall: Timestamp) -> Result<(), Rejection> {
        self.running()?;
        if role == Role::Staff {
            return Ok(());
        }
        if let Some(from) = self.terms.on_sale_from
            && wall < from
        {
            let opens_at = Some(from);
            return Err(Rejection::NotOnSale { opens_at });
        }
        let over = self.terms.on_sale_until.is_some_and(|until| until <= wall);
        if over || self.terms.status != SaleStatus::Open {
            return Err(Rejection::NotOnSale { opens_at: None });
        }
        Ok(())
    }

    pub(crate) fn live(&self, id: HoldId, by: Party) -> Result<&HoldImage, Rejection> {
        let hold = self.holds.get(&id).ok_or(Rejection::HoldNotFound)?;
        if by.role == Role::Buyer && by.buyer != hold.buyer {
            return Err(Rejection::HoldNotFound);
        }
        match hold.life {
            HoldLife::Ended(seating::rejection::HoldEnd::Expired) => Err(Rejection::HoldExpired),
            HoldLife::Ended(how) => Err(Rejection::HoldEnded { how }),
            HoldLife::Held | HoldLife::Pinned(_) => Ok(hold),
        }
    }

    pub(crate) fn unpinned(&self, id: HoldId, by: Party) -> Result<&HoldImage, Rejection> {
        let hold = self.live(id, by)?;
        if hold.life != HoldLife::Held {
            return Err(Rejection::HoldPinned);
        }
        Ok(hold)
    }

    fn well_formed(&self, want: &Want) -> Result<u32, Rejection> {
        let (quantity, field) = match want {
            Want::Places(places) => {
                self.places_well_formed(places)?;
                let field = if places.seats.is_empty() {
                    Field::Areas
                } else {
                    Field::Seats
                };
                (places.count(), field)
            }
            Want::BestAvailable(wish) => {
                self.filters_well_formed(wish)?;
                (wish.quantity, Field::BestQuantity)
            }
        };
        if !(1..=10).contains(&quantity) {
            return Err(invalid(field));
        }
        Ok(quantity)
    }

    fn places_well_formed(&self, places: &Places) -> Result<(), Rejection> {
        if places.seats.len().max(places.areas.len()) > 10 {
            let more_areas = places.areas.len() > places.seats.len();
            return Err(invalid(if more_areas {
                Field::Areas
            } else {
                Field::Seats
            }));
        }
        let known = |seat: &SeatIndex| (seat.0 as usize) < self.facts.seats.len();
        let distinct: BTreeSet<_> = places.seats.iter().collect();
        if !places.seats.iter().all(known) || distinct.len() < places.seats.len() {
            return Err(invalid(Field::Seats));
        }
        let sections: BTreeSet<_> = places.areas.iter().map(|area| area.section).collect();
        let is_area = |section: &SectionIndex| {
            let found = self.facts.sections.get(usize::from(section.0));
            found.is_some_and(Option::is_some)
        };
        if !sections.iter().all(is_area) || sections.len() < places.areas.len() {
            return Err(invalid(Field::Areas));
        }
        self.could_admit(&places.areas)
    }

    pub(crate) fn could_admit(&self, areas: &[AreaQuantity]) -> Result<(), Rejection> {
        let capacity = |section: SectionIndex| self.facts.sections[usize::from(section.0)];
        let could = |area: &AreaQuantity| {
            area.quantity > 0 && area.quantity <= capacity(area.section).unwrap().0
        };
        if areas.iter().all(could) {
            Ok(())
        } else {
            Err(invalid(Field::Areas))
        }
    }

    fn filters_well_formed(&self, wish: &BestAvailable) -> Result<(), Rejection> {
        if wish
            .tiers
            .iter()
            .any(|tier| usize::from(tier.0) >= self.facts.tiers)
        {
            return Err(invalid(Field::BestTiers));
        }
        let exists = |section: &SectionIndex| usize::from(section.0) < self.facts.sections.len();
        if !wish.sections.iter().all(exists) {
            return Err(invalid(Field::BestSections));
        }
        Ok(())
    }

    /// The places that are blocked, where those may be had.
    fn to_be_had(
        &self,
        places: &Places,
        replaced: Option<&HoldImage>,
        include_blocked: bool,
    ) -> Result<Option<Box<Places>>, Rejection> {
        let mut conflicts = Vec::new();
        let mut blocked = Places::default();
        let mut sold_out = places.seats.is_empty();
        for &seat in &places.seats {
            let own = replaced.filter(|old| old.places.seats.contains(&seat));
            let status = match own {
                None => self.seat(seat).0,
                Some(old) if lent(old).seats.contains(&seat) => PlaceStatus::Blocked,
                Some(_) => PlaceStatus::Available,
            };
            match status {
                PlaceStatus::Available => {}
                PlaceStatus::Blocked if include_blocked => blocked.seats.push(seat),
                other @ (PlaceStatus::Reserved | PlaceStatus::Booked | PlaceStatus::Blocked) => {
                    conflicts.push(Conflict::Seat(seat, other));
                }
            }
        }
        for area in &places.areas {
            let available = self.available_without(area.section, replaced);
            let blocked_again = replaced.map_or(0, |old| quantity_in(&lent(old), area.section));
            let in_reserve = self.area(area.section).blocked + blocked_again;
            sold_out &= available == 0;
            if available >= area.quantity {
                continue;
            }
            if include_blocked && available + in_reserve >= area.quantity {
                blocked.areas.push(AreaQuantity {
                    section: area.section,
                    quantity: area.quantity - available,
                });
            } else {
                conflicts.push(self.too_few(area.section, available));
            }
        }
        if conflicts.is_empty() {
            let any = blocked.count() > 0;
            return Ok(any.then(|| Box::new(blocked)));
        }
        Err(if sold_out {
            Rejection::SoldOut { conflicts }
        } else {
            Rejection::PlacesUnavailable { conflicts }
        })
    }

    /// What is said of an area with fewer places than wanted.
    pub(crate) fn too_few(&self, section: SectionIndex, available: u32) -> Conflict {
        let status = match available {
            0 => self.mostly(section),
            _ => PlaceStatus::Available,
        };
        Conflict::Area {
            section,
            status,
            available,
        }
    }

    /// What takes most of an area; what may come back is said first.
    fn mostly(&self, section: SectionIndex) -> PlaceStatus {
        let counts = self.area(section);
        let most = counts.reserved.max(counts.booked).max(counts.blocked);
        match most {
            most if most == counts.reserved => PlaceStatus::Reserved,
            most if most == counts.booked => PlaceStatus::Booked,
            _ => PlaceStatus::Blocked,
        }
    }

    /// Whether a seat is for sale, or would be without the replaced hold.
    pub(crate) fn is_free(&self, seat: SeatIndex, replaced: Option<&HoldImage>) -> bool {
        self.seat(seat).0 == PlaceStatus::Available
            || replaced.is_some_and(|old| {
                old.places.seats.contains(&seat) && !lent(old).seats.contains(&seat)
            })
    }

    /// What is free of an area, or would be without the replaced hold.
    pub(crate) fn available_without(
        &self,
        section: SectionIndex,
        replaced: Option<&HoldImage>,
    ) -> u32 {
        let back =
            |old: &HoldImage| quantity_in(&old.places, section) - quantity_in(&lent(old), section);
        self.area_available(section) + replaced.map_or(0, back)
    }
}

/// The places of a hold that are blocked again when it ends.
fn lent(hold: &HoldImage) -> Places {
    hold.from_blocked.as_deref().cloned().unwrap_or_default()
}

fn as_buyer(by: Party) -> Party {
    Party {
        role: Role::Buyer,
        ..by
    }
}
