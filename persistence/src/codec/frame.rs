//! Version byte, bincode, checksum: the envelope of everything written down.

use bincode::error::{DecodeError, EncodeError};
use serde::{Deserialize, Serialize};

const CHECKSUM_BYTES: usize = 4;

/// Bytes that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// Larger than its kind may be.
    #[error("{bytes} bytes are more than the {max} allowed")]
    TooLarge { bytes: usize, max: usize },
    /// Too short to be anything.
    #[error("{bytes} bytes are too few")]
    TooShort { bytes: usize },
    /// The checksum disagrees: the bytes changed after they were written.
    #[error("the checksum does not match")]
    Checksum,
    /// Undamaged, and of a form that this program does not know yet.
    #[error("written by a newer program: form {0} is unknown to this one")]
    Newer(u8),
    /// The form refuses to be written.
    #[error("cannot be encoded")]
    Encode(#[source] EncodeError),
    /// The checksum agrees but the content is not of the form.
    #[error("cannot be decoded")]
    Decode(#[source] DecodeError),
    /// More bytes than the content accounts for.
    #[error("{0} bytes follow the content")]
    Trailing(usize),
}

/// Appends `value` in its envelope to `buffer`, which is left as it was when that fails.
pub(super) fn seal<T: Serialize>(
    version: u8,
    value: &T,
    bytes_max: usize,
    buffer: &mut Vec<u8>,
) -> Result<(), CodecError> {
    let start = buffer.len();
    let sealed = write(version, value, bytes_max, buffer);
    if sealed.is_err() {
        buffer.truncate(start);
    }
    sealed
}

fn write<T: Serialize>(
    version: u8,
    value: &T,
    bytes_max: usize,
    buffer: &mut Vec<u8>,
) -> Result<(), CodecError> {
    let start = buffer.len();
    buffer.push(version);
    bincode::serde::encode_into_std_write(value, buffer, bincode::config::standard())
        .map_err(CodecError::Encode)?;
    let checksum = crc32c::crc32c(&buffer[start..]);
    buffer.extend_from_slice(&checksum.to_le_bytes());
    let bytes = buffer.len() - start;
    if bytes > bytes_max {
        return Err(CodecError::TooLarge {
            bytes,
            max: bytes_max,
        });
    }
    Ok(())
}

/// What is in an undamaged envelope.
#[derive(Clone, Copy)]
pub(super) struct Content<'a> {
    /// Which form it has.
    pub(super) version: u8,
    bytes: &'a [u8],
}

impl<'a> Content<'a> {
    /// Reads it. The limit counts what is claimed while decoding, too.
    pub(super) fn read<T: Deserialize<'a>, const BYTES_MAX: usize>(self) -> Result<T, CodecError> {
        let config = bincode::config::standard().with_limit::<BYTES_MAX>();
        let (value, read) = bincode::serde::borrow_decode_from_slice(self.bytes, config)
            .map_err(CodecError::Decode)?;
        if read != self.bytes.len() {
            return Err(CodecError::Trailing(self.bytes.len() - read));
        }
        Ok(value)
    }
}

/// Opens an envelope, checking everything around the content.
pub(super) fn verify(bytes: &[u8], bytes_max: usize) -> Result<Content<'_>, CodecError> {
    if bytes.len() > bytes_max {
        return Err(CodecError::TooLarge {
            bytes: bytes.len(),
            max: bytes_max,
        });
    }
    let too_short = CodecError::TooShort { bytes: bytes.len() };
    let Some((sealed, checksum)) = bytes.split_last_chunk::<CHECKSUM_BYTES>() else {
        return Err(too_short);
    };
    let Some((&version, content)) = sealed.split_first() else {
        return Err(too_short);
    };
    if crc32c::crc32c(sealed) != u32::from_le_bytes(*checksum) {
        return Err(CodecError::Checksum);
    }
    Ok(Content {
        version,
        bytes: content,
    })
}
