//! What a file may look like.

use std::path::PathBuf;

use super::sources;

/// Lines a file may have.
const LINES_MAX: usize = 400;

#[test]
fn no_file_is_too_long() {
    let long: Vec<String> = sources::all()
        .iter()
        .map(|source| (source.name(), source.text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(name, lines)| format!("{name}: {lines}"))
        .collect();
    assert!(long.is_empty(), "more than {LINES_MAX} lines: {long:#?}");
}

#[test]
fn modules_are_files_of_their_own_name() {
    let strays: Vec<PathBuf> = sources::all()
        .into_iter()
        .map(|source| source.path)
        .filter(|path| path.ends_with("mod.rs"))
        .collect();
    assert!(strays.is_empty(), "{strays:?}");
}

#[test]
fn nothing_is_waved_through_or_left_unfinished() {
    // Put together, so that this file does not find itself.
    let banned = [
        ("#[al", "low("),
        ("#![al", "low("),
        ("#[ig", "nore"),
        ("#[should", "_panic"),
        ("TO", "DO"),
        ("FIX", "ME"),
        ("to", "do!("),
        ("unimple", "mented!("),
    ];
    let banned = banned.map(|(start, end)| format!("{start}{end}"));
    for source in sources::all() {
        let found: Vec<&String> = banned
            .iter()
            .filter(|mark| source.text.contains(*mark))
            .collect();
        assert!(found.is_empty(), "{}: {found:?}", source.name());
    }
}

#[test]
fn only_main_converts_every_error_to_one() {
    let name = ["any", "how::"].concat();
    for source in sources::all() {
        let used = source.text.contains(&name);
        assert!(source.name() == "src/main.rs" || !used, "{}", source.name());
    }
}
