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

/// A file that the face of its folder does not name is not compiled, and nobody notices that it is wrong.
#[test]
fn every_file_is_part_of_something() {
    let all = sources::all();
    let roots = ["main", "lib", "build"];
    let is_named = |source: &sources::Source| {
        let name = source.path.file_stem().unwrap().to_string_lossy();
        let (module, path) = (format!("mod {name};"), format!("{name}.rs\""));
        let folder = source.path.parent().unwrap();
        let faces = [
            folder.with_extension("rs"),
            folder.join("main.rs"),
            folder.join("lib.rs"),
        ];
        all.iter().any(|other| {
            faces.contains(&other.path) && other.text.contains(&module)
                || other.text.contains(&path)
        })
    };
    let is_root = |source: &sources::Source| {
        let stem = source
            .path
            .file_stem()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        // Suites, benches and programs are found by Cargo where they stand.
        let folder = source.path.parent().unwrap().file_name().unwrap();
        let found_by_cargo = ["tests", "benches", "bin", "fuzz_targets", "examples"];
        roots.contains(&stem.as_str()) || found_by_cargo.iter().any(|it| folder == *it)
    };
    let orphans: Vec<String> = all
        .iter()
        .filter(|source| !is_root(source) && !is_named(source))
        .map(sources::Source::name)
        .collect();
    assert!(orphans.is_empty(), "files that nothing names: {orphans:#?}");
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
