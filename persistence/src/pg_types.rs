//! Numbers and times of the core on their way to and from columns.

mod integer;
mod timestamptz;

pub(crate) use integer::{BigInt, Int, SmallInt, bigint, int, ordinal, smallint};
pub(crate) use timestamptz::{Timestamptz, optional};
