//! Where things live: features beside each other, the routes over them, no room a heap.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::sources::{self, Source, root, without_comment};

/// Files at a folder's root, not counting those that are the face of a folder beside them.
const FILES_MAX: usize = 12;

/// The rooms of `src/` that belong to one part of the business. A new one is added here.
const FEATURES: [&str; 6] = [
    "accounts",
    "bookings",
    "mail",
    "openid",
    "phone",
    "showtimes",
];

/// What a file of pure rules must not name.
const IMPURE: [&str; 8] = [
    "async ",
    ".await",
    "persistence::",
    "actors::",
    "axum::",
    "crate::http",
    "tokio::",
    "std::time::SystemTime",
];

/// The files of a feature: its face and what lies behind it.
fn files_of(feature: &str) -> Vec<Source> {
    let face = root().join("src").join(feature);
    let mut files = sources::below(&face);
    let path = face.with_extension("rs");
    files.push(Source {
        text: sources::read(&path),
        path,
    });
    files
}

/// The lines of code, without comments, that contain a text.
fn lines_with(source: &Source, text: &str) -> Vec<String> {
    let code = source.code();
    let lines = code.lines().map(without_comment).enumerate();
    let found = lines.filter(|(_, line)| line.contains(text));
    found
        .map(|(number, line)| format!("{}:{}: {}", source.name(), number + 1, line.trim()))
        .collect()
}

/// A suite of several files is a folder with a `main.rs`; benches alone share files across suites.
#[test]
fn suites_are_folders() {
    let with_path = sources::all().into_iter().filter(|source| {
        let elsewhere = source.name().starts_with("benches/") || source.name().contains("/tidy/");
        !elsewhere && source.text.contains("#[path")
    });
    let found: Vec<String> = with_path.map(|source| source.name()).collect();
    assert!(found.is_empty(), "modules in odd places: {found:#?}");
}

#[test]
fn features_know_nothing_of_http() {
    let rooms = FEATURES.iter().chain(&["wire", "json"]);
    let strays: Vec<String> = rooms
        .flat_map(|feature| files_of(feature))
        .flat_map(|source| {
            ["crate::http", "axum::"]
                .map(|name| lines_with(&source, name))
                .concat()
        })
        .collect();
    assert!(strays.is_empty(), "features that name HTTP: {strays:#?}");
}

#[test]
fn features_meet_at_their_faces() {
    let mut strays = Vec::new();
    for source in sources::below(&root().join("src")) {
        for feature in FEATURES {
            let inside = source.name().starts_with(&format!("src/{feature}"));
            let faces = exported(feature);
            for line in lines_with(&source, &format!("crate::{feature}::")) {
                let behind = faces
                    .iter()
                    .any(|module| line.contains(&format!("crate::{feature}::{module}::")));
                if behind && !inside {
                    strays.push(line);
                }
            }
        }
    }
    assert!(
        strays.is_empty(),
        "paths behind a feature's face: {strays:#?}"
    );
}

/// The modules behind a feature's face.
fn exported(feature: &str) -> Vec<String> {
    let folder = root().join("src").join(feature);
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.filter_map(|entry| {
        Some(
            entry
                .unwrap()
                .path()
                .file_stem()?
                .to_string_lossy()
                .into_owned(),
        )
    });
    names.collect()
}

#[test]
fn rules_are_pure() {
    let mut found = 0;
    for source in sources::all() {
        if source.path.ends_with("rules.rs") && source.name().starts_with("src/") {
            found += 1;
            let strays: Vec<String> = IMPURE
                .iter()
                .flat_map(|name| lines_with(&source, name))
                .collect();
            assert!(strays.is_empty(), "{strays:#?}");
        }
    }
    assert!(found > 0, "no rules were found");
}

#[test]
fn no_folder_is_a_heap() {
    let mut counts: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for package in sources::packages() {
        for source in sources::below(&package.join("src")) {
            let root = ["lib.rs", "main.rs"].map(|name| source.path.ends_with(name));
            let is_face = source.path.with_extension("").is_dir() || root.contains(&true);
            let folder = source.path.parent().unwrap_or_else(|| Path::new(""));
            *counts.entry(folder.to_owned()).or_default() += usize::from(!is_face);
        }
    }
    counts.retain(|_, count| *count > FILES_MAX);
    assert!(
        counts.is_empty(),
        "more than {FILES_MAX} files: {counts:#?}"
    );
}
