//! What is asked of a design's tables and what comes of it, the same for every design.

use seating::ids::{BuyerId, HoldId, ShowtimeId};
use seating::seat_layout::SeatIndex;
use seating::timestamp::Timestamp;

/// Who asks for what to be done to a hold.
#[derive(Clone, Copy, Debug)]
pub struct HoldKey {
    /// The showtime.
    pub showtime: ShowtimeId,
    /// The hold.
    pub hold: HoldId,
    /// Whoever asks.
    pub buyer: BuyerId,
    /// Whether that is the house, which may do it to anybody's hold.
    pub is_house: bool,
}

/// Seats that became a hold, or why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seized {
    /// They are held until then.
    Until(Timestamp),
    /// These are taken; true for those that are sold.
    Taken(Vec<(SeatIndex, bool)>),
}

/// What became of a wish for any block of neighbors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Best {
    /// These seats are held until then.
    Held(Vec<SeatIndex>, Timestamp),
    /// None is free.
    NoBlock,
    /// Others took what was found; nothing was changed, and another attempt may go through.
    Lost,
}

/// A hold that was ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedHold {
    /// Its seats.
    pub seats: Vec<SeatIndex>,
    /// Whose it was.
    pub buyer: BuyerId,
}

/// Why a hold was not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyNot {
    /// There is none for this caller.
    NotFound,
    /// Its time was over.
    Expired,
    /// It was sold before.
    Confirmed,
    /// It was given back before.
    Released,
}

/// A wish for the first free block from a row on.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// So many neighbors.
    pub quantity: u32,
    /// Where to look first.
    pub start: SeatIndex,
}
