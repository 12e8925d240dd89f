//! What every text and number of a spec must satisfy.

use crate::limits::LABEL_BYTES_MAX;
use crate::seat_layout::LayoutError;

pub(super) fn label(path: &str, value: &str) -> Result<(), LayoutError> {
    text(path, value, LABEL_BYTES_MAX)
}

/// Any characters but control characters: they cannot be printed on a ticket, and `PostgreSQL`
/// stores no NUL.
pub(super) fn text(path: &str, value: &str, bytes_max: usize) -> Result<(), LayoutError> {
    ensure(!value.is_empty(), path, || "must not be empty".into())?;
    ensure(value.len() <= bytes_max, path, || {
        format!("has more than {bytes_max} bytes")
    })?;
    let printable = !value.chars().any(char::is_control);
    ensure(printable, path, || {
        "must not contain control characters".into()
    })
}

pub(super) fn ensure(
    holds: bool,
    path: &str,
    reason: impl FnOnce() -> String,
) -> Result<(), LayoutError> {
    if holds {
        Ok(())
    } else {
        Err(error(path, reason()))
    }
}

pub(super) fn error(path: &str, reason: String) -> LayoutError {
    LayoutError {
        path: path.to_owned(),
        reason,
    }
}

// The limits bound every count below these types' ranges; saturation is unreachable.
pub(super) fn index16(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

pub(super) fn index32(at: usize) -> i32 {
    i32::try_from(at).unwrap_or(i32::MAX)
}

pub(super) fn index_u32(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
