//! Every way to be wrong, in the words in which it is reported.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

use super::path::field;
use super::*;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outer {
    #[serde(default)]
    items: Vec<Inner>,
    #[serde(default)]
    prices: BTreeMap<String, Inner>,
    kind: Option<Kind>,
    at: Option<DateTime<Utc>>,
    id: Option<Uuid>,
    title: Option<String>,
    open: Option<bool>,
    x: Option<f64>,
    signed: Option<i64>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inner {
    count: u8,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Off,
    Lenient,
    Strict,
}

/// Members that nobody knows are passed over.
#[derive(Debug, PartialEq, Deserialize)]
struct Lenient {
    name: String,
}

fn refused<'de, T: Deserialize<'de> + std::fmt::Debug>(text: &'de str) -> (String, String) {
    let fault = read::<T>(text.as_bytes()).unwrap_err();
    let JsonFault::Shape { path, message } = fault else {
        return (format!("{fault:?}"), String::new());
    };
    (field(&path), message)
}

/// A text, the place that is named, and what is said of it.
const WRONG: &str = r#"
[]                                | | must be an object, not an array
null                              | | must be an object, not null
"x"                               | | must be an object, not "x"
{"items": {}}                     | items | must be an array, not an object
{"items": "x"}                    | items | must be an array, not "x"
{"items": [[3]]}                  | items[0] | must be an object, not an array
{"items": [null]}                 | items[0] | must be an object, not null
{"items": [{}]}                   | items[0].count | is missing
{"items": [{"count":1,"n":2}]}    | items[0].n | is not known here; the one member is count
{"items": [{"count":1},{"count":"x"}]} | items[1].count | must be a whole number from 0 to 255, not "x"
{"items": [{"count":300}]}        | items[0].count | must be a whole number from 0 to 255, not 300
{"items": [{"count":-1}]}         | items[0].count | must be a whole number from 0 to 255, not -1
{"items": [{"count":1.5}]}        | items[0].count | must be a whole number from 0 to 255, not 1.5
{"items": [{"count":256.0}]}      | items[0].count | must be a whole number from 0 to 255, not 256
{"items": [{"count":null}]}       | items[0].count | must be a whole number from 0 to 255, not null
{"items": [{"count":[1]}]}        | items[0].count | must be a whole number from 0 to 255, not an array
{"items": [{"count":1e999}]}      | items[0].count | is a number larger than any that is counted with
{"items": [{"count":1,"count":1}]} | items[0].count | is given twice; which of the two counts is not guessed
{"items": [], "items": []}        | items | is given twice; which of the two counts is not guessed
{"prices": {"K":{"count":1},"\u004b":{"count":9}}} | prices.K | is given twice; which of the two counts is not guessed
{"prices": {"a.b":{"count":"x"}}} | prices["a.b"].count | must be a whole number from 0 to 255, not "x"
{"prices": [["K",{"count":1}]]}   | prices | must be an object, not an array
{"kind": true}                    | kind | must be "off", "lenient" or "strict", not true
{"kind": "x"}                     | kind | must be "off", "lenient" or "strict", not "x"
{"kind": {"off": null}}           | kind | must be "off", "lenient" or "strict", not an object
{"kind": ["off"]}                 | kind | must be "off", "lenient" or "strict", not an array
{"kind": 1e999}                   | kind | is a number larger than any that is counted with
{"at": "2027-01-15T18:30:00"}     | at | must be a time with an offset, such as 2027-01-15T18:30:00Z, not "2027-01-15T18:30:00"
{"at": 5}                         | at | must be a time with an offset, such as 2027-01-15T18:30:00Z, not 5
{"id": "x"}                       | id | must be a UUID, such as 019b76da-a800-7000-8000-000000000001, not "x"
{"id": [1]}                       | id | must be a UUID, such as 019b76da-a800-7000-8000-000000000001, not an array
{"title": 7}                      | title | must be text, not 7
{"title": "\ud800"}               | title | has half of a character: \ud800 to \udfff stand for one only in pairs
{"open": "true"}                  | open | must be true or false, not "true"
{"x": "1"}                        | x | must be a number, not "1"
{"x": -1e999}                     | x | is a number larger than any that is counted with
{"signed": 9223372036854775808}   | signed | must be a whole number from -9223372036854775808 to 9223372036854775807, not 9223372036854775808
{"a.b": 1}                        | ["a.b"] | is not known here; the members are items, prices, kind, at, id, title, open, x, signed
"#;

#[test]
fn what_is_wrong_is_named_and_said_in_words_of_json() {
    for line in WRONG.trim().lines() {
        let parts: Vec<&str> = line.splitn(3, '|').map(str::trim).collect();
        let (place, message) = refused::<Outer>(parts[0]);
        assert_eq!(
            (place.as_str(), message.as_str()),
            (parts[1], parts[2]),
            "{line}"
        );
    }
}

#[test]
fn what_may_be_written_in_several_ways_is_read() {
    let texts = [
        r#"{"items": [{"count": 2}]}"#,
        r#"{"items": [{"count": 2.0}]}"#,
        r#"{"items": [{"count": 2e0}]}"#,
        r#"{"items": [{"count": 20e-1}]}"#,
        "\u{feff} {\"items\": [{\"c\\u006funt\": 2}]}\n",
    ];
    for text in texts {
        let outer: Outer = read(text.as_bytes()).unwrap();
        assert_eq!(outer.items, [Inner { count: 2 }], "{text}");
    }
    let all = r#"{"prices": {"a": {"count": 1}, "b": {"count": 2}}, "kind": "off", "id": null,
        "at": "2027-01-15T19:30:00+01:00", "title": "\ud83d\ude00", "open": true, "x": 2.0, "signed": -2.0}"#;
    let all: Outer = read(all.as_bytes()).unwrap();
    assert_eq!(all.prices["b"].count, 2);
    assert_eq!(
        (all.kind, all.id, all.open),
        (Some(Kind::Off), None, Some(true))
    );
    assert_eq!(all.at, Some("2027-01-15T18:30:00Z".parse().unwrap()));
    assert_eq!(
        (all.title.as_deref(), all.x, all.signed),
        (Some("😀"), Some(2.0), Some(-2))
    );
}

#[test]
fn what_is_no_json_is_said_first_wherever_it_stands() {
    type Expected = fn(&JsonFault) -> bool;
    let texts: [(&[u8], Expected); 8] = [
        (b"", |fault| *fault == JsonFault::Empty),
        (b" \n", |fault| *fault == JsonFault::Empty),
        (b"\xef\xbb\xbf", |fault| *fault == JsonFault::Empty),
        (b"{\"items\": \xff}", |fault| *fault == JsonFault::NotUtf8),
        (b"{\"items\": \"x\"", |fault| {
            matches!(fault, JsonFault::NotJson(_))
        }),
        (b"{\"items\": [[3]]} trailing", |fault| {
            matches!(fault, JsonFault::NotJson(_))
        }),
        (b"{\"items\": []}{}", |fault| {
            matches!(fault, JsonFault::NotJson(_))
        }),
        (b"{\"kind\": 01}", |fault| {
            matches!(fault, JsonFault::NotJson(_))
        }),
    ];
    for (text, expected) in texts {
        let fault = read::<Outer>(text).unwrap_err();
        assert!(expected(&fault), "{text:?}: {fault:?}");
    }
}

#[test]
fn no_member_is_given_twice_unseen_not_even_where_none_is_known() {
    let known: Lenient = read(br#"{"name": "x", "a": {"b": [1, {"c": 2}]}}"#).unwrap();
    assert_eq!(known.name, "x");
    let twice = r#"{"name": "x", "a": {"b": [1, {"c": 2, "c": 3}]}}"#;
    assert_eq!(refused::<Lenient>(twice).0, "a.b[1].c");
    // More of them than are compared one by one.
    let many = |last: u32| {
        let members: Vec<String> = (0..100)
            .map(|at| format!("\"k{at}\": {{\"count\": 1}}"))
            .collect();
        format!(
            "{{\"prices\": {{{}, \"k{last}\": {{\"count\": true}}}}}}",
            members.join(",")
        )
    };
    for seen in [0, 15, 16, 17, 99] {
        let (place, message) = refused::<Outer>(&many(seen));
        assert_eq!(place, format!("prices.k{seen}"));
        assert!(message.starts_with("is given twice"), "{message}");
    }
    assert_eq!(refused::<Outer>(&many(100)).0, "prices.k100.count");
}

#[test]
fn a_problem_repeats_little_of_what_was_sent() {
    let long = "x".repeat(10_000);
    let (place, message) = refused::<Outer>(&format!(
        "{{\"prices\": {{\"{long}\": {{\"count\": 1, \"n\": 2}}}}}}"
    ));
    assert_eq!(place, "prices");
    assert!(message.len() < 200, "{message}");
    let (_, message) = refused::<Outer>(&format!("{{\"open\": \"{long}\"}}"));
    assert!(message.len() < 200, "{message}");
    let deep = format!(
        "{{\"name\": \"x\", \"a\": {}{}}}",
        "[".repeat(500),
        "]".repeat(500)
    );
    let (place, message) = refused::<Lenient>(&deep);
    assert!(place.len() < 200, "{place}");
    assert!(message.contains("nested too deeply"), "{message}");
}
