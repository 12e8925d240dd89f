//! One name for one thing: words that the glossary has retired do not come back.

use std::path::{Path, PathBuf};

use super::sources::{self, read, root};

/// What is said no more, and what is said instead. Whole words, in any case, in code and prose.
const RETIRED: [(&str, &str); 12] = [
    ("house", "layout, staff, operator, blocked or showtime"),
    ("houses", "layouts or showtimes"),
    ("anew", "again"),
    ("under way", "in progress"),
    ("there twice", "a duplicate"),
    ("lapsed", "expired"),
    ("cell_index", "section tier"),
    ("settings_change", "sale terms"),
    ("confirm_late", "settle a payment"),
    ("event_view", "decision"),
    ("herald", "start handle"),
    ("event.seq", "journal.seq"),
];

/// Names in which a retired word stays: of the wire, which programs read, and of the project.
const KEPT: [&str; 5] = [
    "\"by_house\"",
    "`by_house`",
    "\"house\"",
    "`house`",
    "fullhouse",
];

/// Kinds of entries of the journal are called events nowhere; an event is a performance.
const EVENTS_ELSEWHERE: [&str; 9] = [
    "event_id",
    "eventually",
    "supervisionevent",
    "supervision event",
    "event_row",
    "eventrow",
    "wait_event",
    "wait event",
    "flatten_event",
];

/// Where words may be named that are used no more, or were written once and for all.
fn is_free(path: &Path) -> bool {
    let name = path.strip_prefix(root()).unwrap().to_string_lossy();
    name == "docs/GLOSSARY.md"
        || name == "CHANGELOG.md"
        || name.starts_with("migrations/")
        || name.starts_with("tests/tidy/")
        || name.starts_with("docs/benchmarks/")
}

fn texts() -> Vec<PathBuf> {
    let mut all = sources::files(&["rs", "md", "js", "sql", "toml", "yml", "html"]);
    all.push(root().join(".env.example"));
    all.retain(|path| !is_free(path));
    assert!(all.len() > 300, "the texts were not found");
    all
}

#[test]
fn retired_words_do_not_come_back() {
    let mut found = Vec::new();
    for path in texts() {
        for (number, line) in read(&path).lines().enumerate() {
            let line = KEPT
                .iter()
                .fold(in_words(line), |line, kept| line.replace(kept, ""));
            for (word, instead) in RETIRED {
                if has_word(&line, word) {
                    let place = format!("{}:{}", path.display(), number + 1);
                    found.push(format!("{place}: {word:?}, say {instead}"));
                }
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// In the rules, the owners and the memory, where there are entries, and performances only as an id
/// that is stored.
#[test]
fn what_the_journal_has_is_called_entries() {
    let mut found = Vec::new();
    for folder in [
        "seating/src",
        "actors/src",
        "persistence/src",
        "persistence/contract/src",
    ] {
        for source in sources::below(&root().join(folder)) {
            for (number, line) in source.text.lines().enumerate() {
                let line = EVENTS_ELSEWHERE
                    .iter()
                    .fold(line.to_lowercase(), |line, other| line.replace(other, ""));
                let performance = source.name().contains("/showtimes")
                    || source.name() == "actors/src/supervisor.rs";
                if !performance && (has_word(&line, "event") || has_word(&line, "events")) {
                    found.push(format!("{}:{}", source.name(), number + 1));
                }
            }
        }
    }
    assert!(
        found.is_empty(),
        "events where entries or decisions are meant: {found:#?}"
    );
}

#[test]
fn words_are_found_inside_names_and_not_inside_words() {
    assert!(has_word("let house_of_cards = 1", "house"));
    assert!(has_word("the houses' roles", "houses"));
    assert!(!has_word("a warehouse", "house"));
    assert!(has_word(&in_words("struct TestHouse;"), "house"));
    assert!(has_word(&in_words("Command::ConfirmLate"), "confirm_late"));
    assert!(!has_word(&in_words("Fullhouse"), "house"));
}

/// In small letters, the words of a name apart: `TestHouse` has a house in it.
fn in_words(line: &str) -> String {
    let mut words = String::with_capacity(line.len());
    let mut after_small = false;
    for sign in line.chars() {
        if after_small && sign.is_uppercase() {
            words.push('_');
        }
        after_small = sign.is_lowercase();
        words.extend(sign.to_lowercase());
    }
    words
}

/// Whether a word stands there by itself or as a part of a name.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let ends = |sign: Option<char>| sign.is_none_or(|sign| !sign.is_alphabetic());
        ends(before) && ends(after)
    })
}
