//! Numbers of the checked spec in the layout's narrow types.
//!
//! The limits bound every count below these types' ranges; saturation is unreachable.

pub(super) fn index16(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

pub(super) fn index32(at: usize) -> i32 {
    i32::try_from(at).unwrap_or(i32::MAX)
}

pub(super) fn index_u32(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
