//! Places in a JSON text, as people and as programs write them.
//!
//! People read `sections[2].rows[0].row`; a key that could be mistaken for something else is quoted,
//! as in `prices["a.b"].amount`. Programs take the same place as a JSON pointer (RFC 6901),
//! `/sections/2/rows/0/row`. The pointer is made of the path, so that whoever names a place writes
//! it once.

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Into a member of an object.
    Key(Box<str>),
    /// Into an item of an array, from 0.
    Index(usize),
}

/// The path as people write it; nothing for the whole text.
pub fn field(path: &[Segment]) -> String {
    let mut field = String::new();
    for segment in path {
        match segment {
            Segment::Key(key) => push_key(&mut field, key),
            Segment::Index(at) => push_index(&mut field, *at),
        }
    }
    field
}

/// A member of the object at `field`, for paths of one's own making.
pub fn member(field: &str, key: &str) -> String {
    let mut field = field.to_owned();
    push_key(&mut field, key);
    field
}

fn push_key(field: &mut String, key: &str) {
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if !key.is_empty() && key.chars().all(plain) {
        if !field.is_empty() {
            field.push('.');
        }
        field.push_str(key);
    } else {
        field.push('[');
        push_quoted(field, key);
        field.push(']');
    }
}

fn push_index(field: &mut String, at: usize) {
    field.extend(["[", &at.to_string(), "]"]);
}

/// As a JSON string, of which the reader below needs no more than this.
fn push_quoted(field: &mut String, key: &str) {
    field.push('"');
    for c in key.chars() {
        match c {
            '"' | '\\' => field.extend(['\\', c]),
            c => field.push(c),
        }
    }
    field.push('"');
}

/// The JSON pointer to the value that a path names.
pub fn pointer(field: &str) -> String {
    let mut pointer = String::new();
    let mut rest = field;
    while !rest.is_empty() {
        let (token, after) = next_token(rest);
        pointer.push('/');
        for c in token.chars() {
            match c {
                '~' => pointer.push_str("~0"),
                '/' => pointer.push_str("~1"),
                c => pointer.push(c),
            }
        }
        rest = after;
    }
    pointer
}

/// The first step of a path, and what comes after it.
fn next_token(field: &str) -> (String, &str) {
    if let Some(quoted) = field.strip_prefix("[\"") {
        return quoted_token(quoted);
    }
    if let Some(index) = field.strip_prefix('[') {
        let (token, after) = index.split_once(']').unwrap_or((index, ""));
        return (token.to_owned(), after.strip_prefix('.').unwrap_or(after));
    }
    let end = field.find(['.', '[']).unwrap_or(field.len());
    let (token, after) = field.split_at(end);
    (token.to_owned(), after.strip_prefix('.').unwrap_or(after))
}

fn quoted_token(quoted: &str) -> (String, &str) {
    let mut token = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                let after = &quoted[at + 1..];
                let after = after.strip_prefix(']').unwrap_or(after);
                return (token, after.strip_prefix('.').unwrap_or(after));
            }
            '\\' => token.extend(chars.next().map(|(_, escaped)| escaped)),
            c => token.push(c),
        }
    }
    (token, "")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(key: &str) -> Segment {
        Segment::Key(key.into())
    }

    #[test]
    fn paths_are_written_for_people_and_for_programs() {
        let cases = [
            (vec![], "", ""),
            (
                vec![key("seats"), Segment::Index(3)],
                "seats[3]",
                "/seats/3",
            ),
            (
                vec![key("prices"), key("a.b[0]/c"), key("amount")],
                r#"prices["a.b[0]/c"].amount"#,
                "/prices/a.b[0]~1c/amount",
            ),
            (vec![key(""), key("~\"\\")], r#"[""]["~\"\\"]"#, "//~0\"\\"),
            (
                vec![key("Ränge"), Segment::Index(0)],
                "Ränge[0]",
                "/Ränge/0",
            ),
        ];
        for (path, people, programs) in cases {
            assert_eq!(field(&path), people);
            assert_eq!(pointer(people), programs);
        }
        assert_eq!(member("plan.zones[1]", "name"), "plan.zones[1].name");
    }

    fn segments() -> impl Strategy<Value = Vec<Segment>> {
        let segment = prop_oneof![
            any::<String>().prop_map(|key| Segment::Key(key.into())),
            any::<usize>().prop_map(Segment::Index),
        ];
        prop::collection::vec(segment, 0..6)
    }

    proptest! {
        /// Whatever the keys are called: the pointer is the one that the segments make.
        #[test]
        fn no_key_makes_a_path_ambiguous(path in segments()) {
            let token = |segment: &Segment| match segment {
                Segment::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
                Segment::Index(at) => format!("/{at}"),
            };
            let expected: String = path.iter().map(token).collect();
            prop_assert_eq!(pointer(&field(&path)), expected);
        }
    }
}
