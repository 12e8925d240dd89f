//! Where a buyer of any seats begins to look.

/// How best available chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Picks {
    /// The first block of neighbors from a random row on, so that buyers seldom meet.
    #[default]
    Random,
    /// The first free seats of the layout, neighbors or not, as tutorials often show it: everybody
    /// wants the same rows.
    First,
}
