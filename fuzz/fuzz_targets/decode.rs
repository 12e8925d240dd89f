//! Any bytes, as they are and under a good checksum: decoding ends in a value or an error, and
//! what can be decoded can be encoded and decoded again to the same value.
#![no_main]

use libfuzzer_sys::fuzz_target;
use persistence::codec::{
    decode_entry, decode_layout, decode_snapshot, encode_entry, encode_layout, encode_snapshot,
};
use seating::ids::Seq;
use seating::timestamp::Timestamp;

const AT: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    // Without a good checksum the decoder would hardly ever be reached.
    for version in [1, 2] {
        let mut sealed = vec![version];
        sealed.extend_from_slice(bytes);
        sealed.extend_from_slice(&crc32c::crc32c(&sealed).to_le_bytes());
        read(&sealed);
    }
});

fn read(bytes: &[u8]) {
    if let Ok(entry) = decode_entry(Seq(1), AT, bytes) {
        let mut payload = Vec::new();
        encode_entry(&entry, &mut payload).expect("a decoded entry can be encoded");
        assert_eq!(decode_entry(Seq(1), AT, &payload).ok(), Some(entry));
    }
    if let Ok(spec) = decode_layout(bytes) {
        let payload = encode_layout(&spec).expect("a decoded layout can be encoded");
        assert_eq!(decode_layout(&payload).ok(), Some(spec));
    }
    if let Ok(snapshot) = decode_snapshot(bytes) {
        let payload = encode_snapshot(&snapshot).expect("a decoded snapshot can be encoded");
        assert_eq!(decode_snapshot(&payload).ok(), Some(snapshot));
    }
}
