//! What is said of values: what they must be, in words of JSON and with an example, and what was
//! sent instead.

use std::fmt::{self, Display, Formatter};

/// Characters of a text that are repeated to its sender.
const SHOWN_CHARS_MAX: usize = 64;

/// What a type wants of a value.
#[derive(Clone, Debug)]
pub(super) enum Want {
    /// Whatever its visitor says.
    Any,
    /// Text of some form, which its visitor names so.
    Form(String),
    Text,
    Truth,
    Nothing,
    Number,
    Whole(i64, u64),
    Array,
    /// With these members; with any, when there are none.
    Object(&'static [&'static str]),
    OneOf(&'static [&'static str]),
}

/// What was sent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sent<'a> {
    Null,
    Truth(bool),
    Natural(u64),
    Negative(i64),
    Fraction(f64),
    Text(&'a str),
    Array,
    Object,
}

impl Want {
    /// Why a visitor refused what was sent. Of a number that does not fit we know more than it, but
    /// one that took the kind of value and not the value itself knows better.
    pub(super) fn refusal(&self, sent: Sent<'_>, error: &impl Display) -> String {
        let said = of_error(error);
        let expected = said
            .strip_prefix("invalid type: ")
            .and_then(|rest| rest.rsplit_once(", expected "));
        match (self, expected) {
            (Self::Any, Some((_, expected))) => must_be(&known(expected), sent),
            (Self::Form(form), None) if known(form) == *form => said,
            (Self::Any | Self::Text | Self::Array | Self::Object(_), None) => said,
            _ => self.refused(sent),
        }
    }

    /// The members that an object may have, none for any; nothing when no object is wanted.
    pub(super) const fn members(&self) -> Option<&'static [&'static str]> {
        match self {
            Self::Any => Some(&[]),
            Self::Object(known) => Some(known),
            Self::Form(_)
            | Self::Text
            | Self::Truth
            | Self::Nothing
            | Self::Number
            | Self::Whole(..)
            | Self::Array
            | Self::OneOf(_) => None,
        }
    }

    /// That something of another kind was sent.
    pub(super) fn refused(&self, sent: Sent<'_>) -> String {
        must_be(&self.to_string(), sent)
    }
}

impl Display for Want {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("something else"),
            Self::Form(form) => f.write_str(&known(form)),
            Self::Text => f.write_str("text"),
            Self::Truth => f.write_str("true or false"),
            Self::Nothing => f.write_str("null"),
            Self::Number => f.write_str("a number"),
            Self::Whole(from, to) => write!(f, "a whole number from {from} to {to}"),
            Self::Array => f.write_str("an array"),
            Self::Object(_) => f.write_str("an object"),
            Self::OneOf(names) => f.write_str(&one_of(names)),
        }
    }
}

impl Display for Sent<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Null => f.write_str("null"),
            Self::Truth(it) => write!(f, "{it}"),
            Self::Natural(it) => write!(f, "{it}"),
            Self::Negative(it) => write!(f, "{it}"),
            Self::Fraction(it) => write!(f, "{it:?}"),
            Self::Array => f.write_str("an array"),
            Self::Object => f.write_str("an object"),
            Self::Text(text) => {
                // Written so that no character does anything to what shows it.
                match text.char_indices().nth(SHOWN_CHARS_MAX) {
                    Some((end, _)) => write!(f, "{:?}…", &text[..end]),
                    None => write!(f, "{text:?}"),
                }
            }
        }
    }
}

fn must_be(wanted: &str, sent: Sent<'_>) -> String {
    format!("must be {wanted}, not {sent}")
}

/// Libraries' words for what they expect, in ours; other words are our own already.
fn known(expected: &str) -> String {
    let ours = match expected {
        "an RFC 3339 formatted date and time string" => {
            "a time with an offset, such as 2027-01-15T18:30:00Z"
        }
        "a formatted UUID string" | "a UUID string" => {
            "a UUID, such as 019b76da-a800-7000-8000-000000000001"
        }
        own => own,
    };
    ours.to_owned()
}

/// `"off", "lenient" or "strict"`.
fn one_of(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::from("nothing"),
    }
}

/// That an object has a member it should not have.
pub(super) fn unknown_member(known: &[&str]) -> String {
    match known {
        [] => String::from("is not known here, where no member is"),
        [only] => format!("is not known here; the one member is {only}"),
        known => format!("is not known here; the members are {}", known.join(", ")),
    }
}

/// Where a text stops being JSON.
pub(super) fn of_syntax(error: &serde_json::Error) -> String {
    if error.is_eof() {
        let (line, column) = (error.line(), error.column());
        return format!("it ends too early, at line {line} column {column}");
    }
    error.to_string()
}

/// That an object has a member twice.
pub(super) const GIVEN_TWICE: &str = "is given twice; which of the two counts is not guessed";

/// That an object has no such member.
pub(super) const MISSING: &str = "is missing";

/// The member that a derived type misses.
pub(super) fn missing_member(error: &impl Display) -> Option<String> {
    let said = of_error(error);
    let name = said.strip_prefix("missing field `")?.strip_suffix('`')?;
    Some(name.to_owned())
}

/// What an error says, without "at line 1 column 7": the path says where.
pub fn of_error(error: &impl Display) -> String {
    let said = error.to_string();
    let end = said.rfind(" at line ").unwrap_or(said.len());
    // These three are well-formed and cannot be kept all the same.
    let ours = match &said[..end] {
        "number out of range" => "is a number larger than any that is counted with",
        "lone leading surrogate in hex escape" | "unexpected end of hex escape" => {
            "has half of a character: \\ud800 to \\udfff stand for one only in pairs"
        }
        "recursion limit exceeded" => "is nested too deeply: 127 levels are the most",
        own => own,
    };
    ours.to_owned()
}
