//! Finds in the model what a wish names.

use seating::command::{BestAvailable, BlockPlaces, Hold, Party, Want};
use seating::ids::{BookingId, BuyerId, HoldId};
use seating::places::{AreaQuantity, Places};
use seating::seat_layout::{SeatIndex, SectionIndex, TierIndex};
use seating::snapshot::{BookingState, HoldLife};
use testkit::commands::{booking_id, buyer, hold_id, staff};

use crate::reference::Model;
use crate::wishes::{NewId, Pick, What, Who, Wish};

/// Looks wishes up; `fresh` numbers what is new.
pub(crate) struct Resolver<'a> {
    pub(crate) model: &'a Model,
    pub(crate) fresh: u128,
}

impl Resolver<'_> {
    pub(crate) fn wish(&self, wish: &Wish) -> Hold {
        // Where nothing is live there is nothing to replace.
        let replace = wish.replace.map(|pick| self.hold(pick));
        let replace = replace.filter(|_| self.model.live_holds().next().is_some());
        let replaced = wish.replace.and_then(|pick| self.owner(pick));
        let id = match wish.id {
            NewId::Fresh => hold_id(self.fresh),
            NewId::Taken(at) => self.hold(Pick::Any(at)),
        };
        Hold {
            hold: id,
            by: Self::who(wish.who, replaced),
            want: self.want(&wish.what),
            ttl_seconds: wish.ttl_seconds,
            replace,
            // Buyers try it too, though seldom: they are refused.
            include_blocked: wish.include_blocked
                && (matches!(wish.who, Who::Staff(_)) || self.fresh.is_multiple_of(5)),
        }
    }

    fn want(&self, what: &What) -> Want {
        let run = |at: u8, count: u8| (0..count).map(move |n| at.wrapping_add(n));
        let no_areas = self.model.facts.sections.iter().all(Option::is_none);
        match what {
            What::Areas(areas) if no_areas => Want::Places(self.places(run(areas[0].0, 2), &[])),
            What::Run(at, count) => Want::Places(self.places(run(*at, *count), &[])),
            What::Scattered(seats) => Want::Places(self.places(seats.iter().copied(), &[])),
            What::Areas(areas) => Want::Places(self.places([], areas)),
            What::Both(at, count, area) => Want::Places(self.places(run(*at, *count), &[*area])),
            What::Best(quantity, sections, tiers, allow_split) => {
                let section = |at: &u8| SectionIndex(u16::from(*at));
                Want::BestAvailable(BestAvailable {
                    quantity: *quantity,
                    sections: sections.iter().map(section).collect(),
                    tiers: tiers.iter().copied().map(TierIndex).collect(),
                    allow_split: *allow_split,
                })
            }
        }
    }

    fn places(&self, seats: impl IntoIterator<Item = u8>, areas: &[(u8, u32)]) -> Places {
        Places {
            seats: seats.into_iter().map(|at| self.seat(at)).collect(),
            areas: areas.iter().map(|area| self.area(*area)).collect(),
        }
    }

    /// Any seat, and now and then one that does not exist.
    fn seat(&self, at: u8) -> SeatIndex {
        let count = self.model.facts.seats.len();
        let spread = if at == u8::MAX {
            count
        } else {
            usize::from(at) % count
        };
        SeatIndex(u32::try_from(spread).unwrap())
    }

    /// Mostly an area, and now and then a section of seats or none at all.
    fn area(&self, (at, quantity): (u8, u32)) -> AreaQuantity {
        let sections = self.model.facts.sections.iter().zip(0_u16..);
        let areas: Vec<u16> = sections.filter_map(|(s, at)| s.map(|_| at)).collect();
        let at = usize::from(at);
        let any = u16::try_from(at % (self.model.facts.sections.len() + 1)).unwrap();
        let section = if at > 240 || areas.is_empty() {
            any
        } else {
            areas[at % areas.len()]
        };
        AreaQuantity {
            section: SectionIndex(section),
            quantity,
        }
    }

    pub(crate) fn who(who: Who, owner: Option<BuyerId>) -> Party {
        match who {
            Who::Owner => Party {
                buyer: owner.unwrap_or_else(|| buyer(0).buyer),
                ..buyer(0)
            },
            Who::Buyer(number) => buyer(u128::from(number)),
            Who::Staff(number) => staff(u128::from(number)),
        }
    }

    pub(crate) fn hold(&self, pick: Pick) -> HoldId {
        let all = self.model.holds.values();
        let live = |life: HoldLife| !matches!(life, HoldLife::Ended(_));
        let found: Vec<HoldId> = match pick {
            Pick::Live(_) => all.filter(|hold| live(hold.life)).map(|h| h.id).collect(),
            Pick::Any(_) => all.map(|hold| hold.id).collect(),
            Pick::Unknown => Vec::new(),
        };
        nth_newest(&found, pick).unwrap_or_else(|| hold_id(u128::MAX))
    }

    pub(crate) fn owner(&self, pick: Pick) -> Option<BuyerId> {
        self.model
            .holds
            .get(&self.hold(pick))
            .map(|hold| hold.buyer)
    }

    pub(crate) fn booking(&self, pick: Pick, states: &[BookingState]) -> BookingId {
        let all = self.model.bookings.iter();
        let found: Vec<BookingId> = match pick {
            Pick::Live(_) => all
                .filter(|(_, booking)| states.contains(&booking.state))
                .map(|(id, _)| *id)
                .collect(),
            Pick::Any(_) => all.map(|(id, _)| *id).collect(),
            Pick::Unknown => Vec::new(),
        };
        nth_newest(&found, pick).unwrap_or_else(|| booking_id(u128::MAX))
    }

    pub(crate) fn new_booking(&self, id: NewId) -> BookingId {
        match id {
            NewId::Fresh => booking_id(self.fresh),
            NewId::Taken(at) => self.booking(Pick::Any(at), &[]),
        }
    }

    pub(crate) fn booking_for(&self, hold: Pick, id: Option<NewId>) -> BookingId {
        let life = self
            .model
            .holds
            .get(&self.hold(hold))
            .map(|found| found.life);
        match (life, id) {
            (Some(HoldLife::Pinned(booking)), None) => booking,
            (_, id) => self.new_booking(id.unwrap_or(NewId::Fresh)),
        }
    }

    pub(crate) fn block(&self, seats: &[u8], area: Option<(u8, u32)>) -> BlockPlaces {
        let no_areas = self.model.facts.sections.iter().all(Option::is_none);
        BlockPlaces {
            by: Some(staff(7).buyer),
            seats: seats.iter().map(|&at| self.seat(at)).collect(),
            areas: area
                .filter(|_| !no_areas)
                .into_iter()
                .map(|area| self.area(area))
                .collect(),
            reason: if self.fresh.is_multiple_of(16) {
                "\n"
            } else {
                "repairs"
            }
            .to_owned(),
        }
    }

    pub(crate) fn some_blocked(&self, at: u8) -> BlockPlaces {
        let seats = self.model.blocked_seats.iter().copied();
        let areas = self
            .model
            .blocked_areas
            .iter()
            .filter(|(_, quantity)| **quantity > 0);
        let areas = areas.map(|(&section, &quantity)| AreaQuantity {
            section,
            quantity: 1 + u32::from(at) % quantity,
        });
        BlockPlaces {
            by: None,
            seats: seats.take(1 + usize::from(at) % 3).collect(),
            areas: areas.collect(),
            reason: String::new(),
        }
    }
}

fn nth_newest<T: Copy>(found: &[T], pick: Pick) -> Option<T> {
    let (Pick::Live(at) | Pick::Any(at)) = pick else {
        return None;
    };
    let at = usize::from(at).checked_rem(found.len())?;
    found.iter().rev().nth(at).copied()
}
