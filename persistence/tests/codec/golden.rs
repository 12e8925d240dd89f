//! Bytes that were once written: they must be read for ever, and written the same until a form
//! gets a new version.

use persistence::codec::{
    decode_entry, decode_layout, decode_snapshot, encode_entry, encode_layout, encode_snapshot,
};

use persistence::entry_kind::code;
use seating::entry::{Decision, EntryKind, Held};

use crate::decisions::decisions;
use crate::samples::{AT, SEQ, entry, layout, snapshot};

const STAMPED: &str = "\
    0201100102030405060708090a0b0c0d0e0f10100000000000000000000000000000002a01100606\
    060606060606060606060606060603100101010101010101010101010101010101a8284c03";
const HELD_BLOCKED: &str = "\
    0200000d100101010101010101010101010101010110090909090909090909090909090909090303\
    fb2c01fc70110100010205fd000cc37748140c0001100808080808080808080808080808080801fd\
    0072152948140c000303fb2c01fc70110100010205d91f2f7e";
const LAYOUT: &str = "\
    0202044f524348094f72636865737465720003014100180373746401420102013102316103737464\
    0143020103632d31013103737464fb2b01fce022020005464c4f4f520001fc40420f000373746402\
    03737464085374616e64617264fce093040003494e5204766f696411426568696e64207468652070\
    696c6c6172000001fb6009fb570202010002000201006b606373";
const SNAPSHOT: &str = "\
    0207fd00803c3048140c0001fd00803c3048140c000004fb58020101fb8403021030303030303030\
    30303030303030303010090909090909090909090909090909090303fb2c01fc70110100010205fd\
    00803c3048140c00fd000cc37748140c000010313131313131313131313131313131311009090909\
    0909090909090909090909090303fb2c01fc70110100010205fd00803c3048140c00fd000cc37748\
    140c0001100202020202020202020202020202020203103232323232323232323232323232323210\
    090909090909090909090909090909090303fb2c01fc70110100010205fd00803c3048140c00fd00\
    0cc37748140c00051002020202020202020202020202020202103333333333333333333333333333\
    333310090909090909090909090909090909090303fb2c01fc70110100010205fd00803c3048140c\
    00fd000cc37748140c00031034343434343434343434343434343434100909090909090909090909\
    09090909090303fb2c01fc70110100010205fd00803c3048140c00fd000cc37748140c0004051040\
    40404040404040404040404040404010414141414141414141414141414141411009090909090909\
    09090909090909090900010101000510414141414141414141414141414141411042424242424242\
    42424242424242424210090909090909090909090909090909090001010101051042424242424242\
    42424242424242424210434343434343434343434343434343431009090909090909090909090909\
    09090900010101020510434343434343434343434343434343431044444444444444444444444444\
    44444410090909090909090909090909090909090001010103051044444444444444444444444444\
    44444410454545454545454545454545454545451009090909090909090909090909090909000101\
    0104050201020102090407fd00803c3048140c0001100102030405060708090a0b0c0d0e0f101000\
    00000000000000000000000000002a0110060606060606060606060606060606060001fd00803c30\
    48140c000004fb58020101fb840307fd00803c3048140c0001100102030405060708090a0b0c0d0e\
    0f10100000000000000000000000000000002a011006060606060606060606060606060606011001\
    01010101010101010101010101010110090909090909090909090909090909090303fb2c01fc7011\
    0100010205fd000cc37748140c0001100808080808080808080808080808080801fd007215294814\
    0c0007fd00803c3048140c0001100102030405060708090a0b0c0d0e0f1010000000000000000000\
    0000000000002a011006060606060606060606060606060606021001010101010101010101010101\
    010101fd0052869b48140c0007fd00803c3048140c0001100102030405060708090a0b0c0d0e0f10\
    100000000000000000000000000000002a0110060606060606060606060606060606060310010101\
    0101010101010101010101010101030700ff142e529e";

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap();
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(digit).collect()
}

pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.map(byte).collect()
}

#[test]
fn every_kind_of_decision_is_written_as_ever() {
    let mut kinds = Vec::new();
    for sample in decisions() {
        let kind = sample.decision.kind();
        let name = kind.name();
        assert_eq!(code(sample.decision.kind()), sample.code, "{name}");
        let entry = entry(sample.decision, false);
        let mut payload = Vec::new();
        encode_entry(&entry, &mut payload).unwrap();
        assert_eq!(hex(&payload), sample.bytes, "{name}");
        let read = decode_entry(SEQ, AT, &bytes(sample.bytes));
        assert_eq!(read.unwrap(), entry, "{name}");
        kinds.push((sample.code, kind));
    }
    let all: Vec<EntryKind> = kinds.iter().map(|(_, kind)| *kind).collect();
    assert_eq!(all, EntryKind::ALL, "each kind once");
    assert!(
        kinds.is_sorted_by(|one, next| one.0 < next.0),
        "no code twice"
    );
}

#[test]
fn a_request_is_written_as_ever() {
    let decision = decisions().swap_remove(3).decision;
    let entry = entry(decision, true);
    let mut payload = Vec::new();
    encode_entry(&entry, &mut payload).unwrap();
    assert_eq!(hex(&payload), STAMPED);
    assert_eq!(decode_entry(SEQ, AT, &bytes(STAMPED)).unwrap(), entry);
}

#[test]
fn a_layout_is_written_as_ever() {
    assert_eq!(hex(&encode_layout(&layout()).unwrap()), LAYOUT);
    assert_eq!(decode_layout(&bytes(LAYOUT)).unwrap(), layout());
}

#[test]
fn a_snapshot_is_written_as_ever() {
    assert_eq!(hex(&encode_snapshot(&snapshot()).unwrap()), SNAPSHOT);
    assert_eq!(decode_snapshot(&bytes(SNAPSHOT)).unwrap(), snapshot());
}

/// A kind of its own, so that the bytes of every other hold are what they were.
#[test]
fn a_hold_of_blocked_places_is_written_as_ever() {
    let decision = decisions().swap_remove(1).decision;
    let Decision::Held(held) = decision else {
        unreachable!("the second sample is a hold");
    };
    let from_blocked = Some(Box::new(held.places.clone()));
    let entry = entry(
        Decision::Held(Held {
            from_blocked: from_blocked.clone(),
            ..held
        }),
        false,
    );
    let mut payload = Vec::new();
    encode_entry(&entry, &mut payload).unwrap();
    assert_eq!(hex(&payload), HELD_BLOCKED);
    assert_eq!(decode_entry(SEQ, AT, &bytes(HELD_BLOCKED)).unwrap(), entry);
    let mut snapshot = snapshot();
    for hold in &mut snapshot.holds {
        hold.from_blocked.clone_from(&from_blocked);
    }
    let bytes = encode_snapshot(&snapshot).unwrap();
    assert_eq!(decode_snapshot(&bytes).unwrap(), snapshot);
}
