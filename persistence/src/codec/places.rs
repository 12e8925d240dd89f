//! Places, and the ids that lists are made of.

use std::fmt;
use std::marker::PhantomData;

use seating::ids::{HoldId, TicketCode, TicketId};
use seating::places::{AreaQuantity, Places, SeatList};
use seating::seat_layout::{SeatIndex, SectionIndex};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::wire::{Bytes16, List, Wire};

/// Mirrors [`Places`].
#[derive(Serialize, Deserialize)]
pub(super) struct PlacesRecord<'a> {
    seats: SeatsRecord<'a>,
    areas: List<'a, AreaQuantity>,
}

/// Mirrors [`SeatList`]; unlike a list it is read in place, because every hold has one.
enum SeatsRecord<'a> {
    Borrowed(&'a [SeatIndex]),
    Owned(SeatList, PhantomData<&'a ()>),
}

impl Wire for Places {
    type Record<'a> = PlacesRecord<'a>;

    fn record(&self) -> PlacesRecord<'_> {
        PlacesRecord {
            seats: SeatsRecord::Borrowed(&self.seats),
            areas: List::of(&self.areas),
        }
    }

    fn restore(record: PlacesRecord<'_>) -> Self {
        Self {
            seats: match record.seats {
                SeatsRecord::Borrowed(seats) => seats.iter().copied().collect(),
                SeatsRecord::Owned(seats, _) => seats,
            },
            areas: record.areas.into_vec(),
        }
    }
}

impl Serialize for SeatsRecord<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let seats = match self {
            Self::Borrowed(seats) => seats,
            Self::Owned(seats, _) => seats.as_slice(),
        };
        serializer.collect_seq(seats.iter().map(|seat| seat.0))
    }
}

impl<'de> Deserialize<'de> for SeatsRecord<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seats = deserializer.deserialize_seq(SeatsVisitor)?;
        Ok(Self::Owned(seats, PhantomData))
    }
}

struct SeatsVisitor;

impl<'de> Visitor<'de> for SeatsVisitor {
    type Value = SeatList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence of seats")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<SeatList, A::Error> {
        let mut seats = SeatList::new();
        while let Some(seat) = items.next_element()? {
            seats.push(SeatIndex(seat));
        }
        Ok(seats)
    }
}

impl Wire for SeatIndex {
    type Record<'a> = u32;

    fn record(&self) -> u32 {
        self.0
    }

    fn restore(record: u32) -> Self {
        Self(record)
    }
}

impl Wire for AreaQuantity {
    type Record<'a> = (u16, u32);

    fn record(&self) -> (u16, u32) {
        (self.section.0, self.quantity)
    }

    fn restore((section, quantity): (u16, u32)) -> Self {
        Self {
            section: SectionIndex(section),
            quantity,
        }
    }
}

impl Wire for HoldId {
    type Record<'a> = Bytes16;

    fn record(&self) -> Bytes16 {
        self.uuid().into()
    }

    fn restore(record: Bytes16) -> Self {
        Self::new(record.into())
    }
}

impl Wire for (TicketId, TicketCode) {
    type Record<'a> = (Bytes16, Bytes16);

    fn record(&self) -> (Bytes16, Bytes16) {
        (self.0.uuid().into(), self.1.bits().into())
    }

    fn restore((id, code): (Bytes16, Bytes16)) -> Self {
        (TicketId::new(id.into()), TicketCode::new(code.into()))
    }
}
