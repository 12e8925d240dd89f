//! [`Timestamp`] as a `timestamptz`: both count microseconds, only from different years.

use seating::timestamp::Timestamp;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueRef};
use sqlx::types::chrono::{DateTime, Utc};
use sqlx::{Decode, Encode, Postgres, Type};

/// Microseconds from 1970, where ours begin, to 2000, where `PostgreSQL`'s do.
const YEAR_2000_MICROS: i64 = 946_684_800_000_000;
/// The earliest and the latest point that a `timestamptz` can be, counted from 2000.
const EARLIEST_MICROS: i64 = -211_813_488_000_000_000;
const LATEST_MICROS: i64 = 9_223_371_331_199_999_999;

/// A point in time on its way to or from a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timestamptz(pub(crate) Timestamp);

impl Type<Postgres> for Timestamptz {
    fn type_info() -> PgTypeInfo {
        <DateTime<Utc> as Type<Postgres>>::type_info()
    }

    fn compatible(ty: &PgTypeInfo) -> bool {
        <DateTime<Utc> as Type<Postgres>>::compatible(ty)
    }
}

impl PgHasArrayType for Timestamptz {
    fn array_type_info() -> PgTypeInfo {
        <DateTime<Utc> as PgHasArrayType>::array_type_info()
    }
}

/// What lies beyond the column's range becomes its end, which is as good as never.
impl Encode<'_, Postgres> for Timestamptz {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let micros = self.0.unix_micros().saturating_sub(YEAR_2000_MICROS);
        let micros = micros.clamp(EARLIEST_MICROS, LATEST_MICROS);
        buffer.extend_from_slice(&micros.to_be_bytes());
        Ok(IsNull::No)
    }

    fn size_hint(&self) -> usize {
        size_of::<i64>()
    }
}

impl Decode<'_, Postgres> for Timestamptz {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        let bytes = <[u8; 8]>::try_from(value.as_bytes()?)?;
        let micros = i64::from_be_bytes(bytes).saturating_add(YEAR_2000_MICROS);
        Ok(Self(Timestamp::from_unix_micros(micros)))
    }
}

/// Shorthand for optional columns.
pub(crate) fn optional(at: Option<Timestamp>) -> Option<Timestamptz> {
    at.map(Timestamptz)
}
