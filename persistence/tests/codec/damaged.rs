//! Damage: whatever happened to the bytes, reading them ends in an error and in nothing worse.

use persistence::codec::{
    CodecError, ENTRY_BYTES_MAX, decode_entry, decode_layout, decode_snapshot, encode_entry,
    encode_layout, encode_snapshot,
};
use proptest::prelude::*;
use seating::entry::{BlockChange, Decision};
use seating::seat_layout::SeatIndex;

use crate::decisions::decisions;
use crate::samples::{AT, SEQ, entry, layout, snapshot};

/// Decodes as everything at once; an error of each is the only good answer.
fn refuse(bytes: &[u8]) -> [CodecError; 3] {
    [
        decode_entry(SEQ, AT, bytes).unwrap_err(),
        decode_layout(bytes).unwrap_err(),
        decode_snapshot(bytes).unwrap_err(),
    ]
}

fn forms() -> Vec<Vec<u8>> {
    let entries = decisions().into_iter().map(|sample| {
        let decision = sample.decision;
        let mut payload = Vec::new();
        encode_entry(&entry(decision, true), &mut payload).unwrap();
        payload
    });
    let mut forms: Vec<_> = entries.collect();
    forms.push(encode_layout(&layout()).unwrap());
    forms.push(encode_snapshot(&snapshot()).unwrap());
    forms
}

fn any_of(form: prop::sample::Index) -> Vec<u8> {
    let mut forms = forms();
    forms.swap_remove(form.index(forms.len()))
}

/// Puts a checksum under any content, so that the decoder below it is reached.
fn sealed(version: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![version];
    bytes.extend_from_slice(content);
    bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
    bytes
}

proptest! {
    #[test]
    fn a_flipped_bit_is_refused(form in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut bytes = any_of(form);
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        refuse(&bytes);
    }

    #[test]
    fn a_cut_is_refused(form in any::<prop::sample::Index>(), at in any::<prop::sample::Index>()) {
        let mut bytes = any_of(form);
        bytes.truncate(at.index(bytes.len()));
        refuse(&bytes);
    }

    #[test]
    fn more_bytes_are_refused(form in any::<prop::sample::Index>(), more in prop::collection::vec(any::<u8>(), 1..64)) {
        let mut bytes = any_of(form);
        bytes.extend(more);
        refuse(&bytes);
    }

    /// The checksum agrees, as after a bug in a writer, and the content is anything.
    #[test]
    fn nonsense_under_a_good_checksum_never_panics(
        version in 0..3_u8,
        content in prop::collection::vec(any::<u8>(), 0..256),
    ) {
        let bytes = sealed(version, &content);
        let again = |read: Result<Vec<u8>, CodecError>| match read {
            // What can be read can be written.
            Ok(written) => assert!(!written.is_empty()),
            Err(error) => assert!(!error.to_string().is_empty()),
        };
        again(decode_layout(&bytes).map(|spec| encode_layout(&spec).unwrap()));
        again(decode_snapshot(&bytes).map(|image| encode_snapshot(&image).unwrap()));
        again(decode_entry(SEQ, AT, &bytes).map(|entry| {
            let mut payload = Vec::new();
            encode_entry(&entry, &mut payload).unwrap();
            payload
        }));
    }
}

#[test]
fn bytes_after_the_content_are_refused_even_under_a_good_checksum() {
    for form in forms() {
        let mut content = form[1..form.len() - 4].to_vec();
        content.push(0);
        refuse(&sealed(form[0], &content));
    }
}

#[test]
fn a_form_of_a_newer_program_is_named_and_not_called_damage() {
    for form in forms() {
        let bytes = sealed(99, &form[1..form.len() - 4]);
        for error in refuse(&bytes) {
            assert!(matches!(error, CodecError::Newer(99)), "{error:?}");
            let said = error.to_string();
            assert_eq!(
                said,
                "written by a newer program: form 99 is unknown to this one"
            );
        }
    }
}

#[test]
fn too_few_bytes_are_refused() {
    for bytes in [&[][..], &[1], &[1, 2, 3, 4]] {
        for error in refuse(bytes) {
            assert!(matches!(error, CodecError::TooShort { .. }), "{error:?}");
        }
    }
}

/// A length of 2^63 where a list, a text or an id begins: believing it would end the process.
#[test]
fn a_huge_length_allocates_nothing() {
    const HUGE: [u8; 9] = [253, 0, 0, 0, 0, 0, 0, 0, 0x80];
    let expired = [&[0, 8][..], &HUGE].concat();
    let reason = [&[0, 10, 0, 0][..], &HUGE].concat();
    let hold = [&[0, 3][..], &HUGE].concat();
    for content in [expired, reason, hold, HUGE.to_vec()] {
        for error in refuse(&sealed(1, &content)) {
            assert!(matches!(error, CodecError::Decode(_)), "{error:?}");
        }
        // Version 2 of entries says after the request who asked.
        let content = [&[0], &*content].concat();
        let bytes = sealed(2, &content);
        let [entry, _, snapshot] = refuse(&bytes);
        for error in [entry, snapshot] {
            assert!(matches!(error, CodecError::Decode(_)), "{error:?}");
        }
    }
}

#[test]
fn an_entry_beyond_its_bound_is_not_written() {
    let too_many = Decision::Blocked(BlockChange {
        seats: vec![SeatIndex(100_000); ENTRY_BYTES_MAX / 4],
        areas: Vec::new(),
        reason: String::new(),
    });
    let mut buffer = vec![7];
    let written = encode_entry(&entry(too_many, false), &mut buffer);
    assert!(matches!(written, Err(CodecError::TooLarge { .. })));
    assert_eq!(buffer, [7], "what was there before stays as it was");
}
