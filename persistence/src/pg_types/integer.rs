//! The core counts without signs, `PostgreSQL` only with them.
//!
//! Every value of the core is far below the ends of these columns, and nothing stored is negative.
//! One that is beyond them is refused, on its way in as on its way out: a number that was bent to fit
//! would be another number.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type};

macro_rules! column {
    ($name:ident, $ours:ty, $theirs:ty, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) struct $name(pub(crate) $ours);

        impl Type<Postgres> for $name {
            fn type_info() -> PgTypeInfo {
                <$theirs as Type<Postgres>>::type_info()
            }
        }

        impl PgHasArrayType for $name {
            fn array_type_info() -> PgTypeInfo {
                <$theirs as PgHasArrayType>::array_type_info()
            }
        }

        impl Encode<'_, Postgres> for $name {
            fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
                let number = <$theirs>::try_from(self.0)
                    .map_err(|error| format!("{} for a column: {error}", self.0))?;
                <$theirs as Encode<'_, Postgres>>::encode_by_ref(&number, buffer)
            }

            fn size_hint(&self) -> usize {
                size_of::<$theirs>()
            }
        }

        impl Decode<'_, Postgres> for $name {
            fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
                let number = <$theirs as Decode<'_, Postgres>>::decode(value)?;
                let number = <$ours>::try_from(number)
                    .map_err(|error| format!("{number} in a column: {error}"))?;
                Ok(Self(number))
            }
        }
    };
}

column!(BigInt, u64, i64, "A number in a `bigint` column.");
column!(Int, u32, i32, "A number in an `integer` column.");
column!(SmallInt, u16, i16, "A number in a `smallint` column.");

/// A count or number for a `bigint` column.
pub(crate) const fn bigint(value: u64) -> BigInt {
    BigInt(value)
}

/// A count for an `integer` column.
pub(crate) const fn int(value: u32) -> Int {
    Int(value)
}

/// A number for a `smallint` column.
pub(crate) const fn smallint(value: u16) -> SmallInt {
    SmallInt(value)
}

/// An index as `PostgreSQL`'s arrays count, from 1; one beyond the column is refused with it.
pub(crate) fn ordinal(index: usize) -> Int {
    Int(u32::try_from(index.saturating_add(1)).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded<'q>(number: impl Encode<'q, Postgres>) -> bool {
        number.encode(&mut PgArgumentBuffer::default()).is_ok()
    }

    #[test]
    fn what_a_column_cannot_hold_is_refused() {
        assert!(encoded(bigint(i64::MAX as u64)) && !encoded(bigint(i64::MAX as u64 + 1)));
        assert!(encoded(int(0)) && !encoded(int(u32::MAX)));
        assert!(encoded(smallint(32_767)) && !encoded(smallint(32_768)));
    }
}
