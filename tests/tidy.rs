//! Style that an ordinary test can hold: sizes, dependencies, names.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Lines a file may have.
const LINES_MAX: usize = 400;

/// All that the rules may depend on; anything with a clock, a runtime, randomness or IO is out.
const SEATING_DEPENDENCIES: [&str; 8] = [
    "hashbrown",
    "rstar",
    "rustc-hash",
    "smallvec",
    "thiserror",
    "unicode-properties",
    "unicode_names2",
    "uuid",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    let text = fs::read_to_string(path);
    assert!(text.is_ok(), "{} cannot be read", path.display());
    text.unwrap()
}

/// Every Rust file of ours.
fn sources() -> Vec<PathBuf> {
    let folders = [
        "src",
        "seating",
        "actors",
        "persistence",
        "tests",
        "benches",
        "loadtest",
    ];
    let mut found = Vec::new();
    for folder in folders {
        collect(&root().join(folder), &mut found);
    }
    assert!(found.len() > 100, "the sources were not found");
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() && !path.ends_with("target") {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The names under a manifest's `[section]`.
fn dependencies(manifest: &str, section: &str) -> BTreeSet<String> {
    let text = read(&root().join(manifest));
    let header = format!("[{section}]");
    let lines = text
        .lines()
        .skip_while(|line| line.trim() != header)
        .skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    let names = lines.filter(|line| !line.trim_start().starts_with('#'));
    names
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn no_file_is_too_long() {
    let long: Vec<String> = sources()
        .iter()
        .map(|path| (path, read(path).lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(path, lines)| format!("{}: {lines}", path.display()))
        .collect();
    assert!(long.is_empty(), "more than {LINES_MAX} lines: {long:#?}");
}

#[test]
fn modules_are_files_of_their_own_name() {
    let strays: Vec<PathBuf> = sources()
        .into_iter()
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
    for path in sources() {
        let text = read(&path);
        let found: Vec<&String> = banned.iter().filter(|mark| text.contains(*mark)).collect();
        assert!(found.is_empty(), "{}: {found:?}", path.display());
    }
}

#[test]
fn the_rules_depend_on_nothing_impure() {
    let allowed: BTreeSet<String> = SEATING_DEPENDENCIES.map(str::to_owned).into();
    assert_eq!(dependencies("seating/Cargo.toml", "dependencies"), allowed);
}

#[test]
fn dependencies_point_inward() {
    let manifests = ["seating", "actors", "persistence"].map(|name| format!("{name}/Cargo.toml"));
    let owners = [
        ("sqlx", "persistence"),
        ("ractor", "actors"),
        ("axum", ""),
        ("anyhow", ""),
    ];
    for (name, owner) in owners {
        for manifest in &manifests {
            let mine = manifest.split('/').next() == Some(owner);
            let named = dependencies(manifest, "dependencies").contains(name);
            assert!(named == mine, "{manifest} and {name}");
        }
    }
    let root = dependencies("Cargo.toml", "dependencies");
    assert!(!root.contains("sqlx") && !root.contains("ractor"));
    assert!(!dependencies("actors/Cargo.toml", "dependencies").contains("persistence"));
    assert!(!dependencies("persistence/Cargo.toml", "dependencies").contains("actors"));
}

/// A count of places that wraps must end its owner, not sell what is not there.
#[test]
fn the_rules_check_their_arithmetic_also_in_production() {
    let manifest = read(&root().join("Cargo.toml"));
    let profile = "[profile.release.package.seating]\noverflow-checks = true\n";
    assert!(manifest.contains(profile), "{profile}");
}

#[test]
fn only_main_converts_every_error_to_one() {
    let name = ["any", "how"].concat();
    for path in sources() {
        let allowed = path.ends_with("src/main.rs") || path.ends_with("tests/tidy.rs");
        let used = read(&path).contains(&format!("{name}::"));
        assert!(allowed || !used, "{} names {name}", path.display());
    }
}

#[test]
fn every_metric_is_documented() {
    let operations = read(&root().join("docs/OPERATIONS.md"));
    let mut names = BTreeSet::new();
    for path in sources() {
        let file = path.file_name().unwrap_or_default();
        if file == "metrics.rs" || file == "names.rs" {
            names.extend(quoted(&read(&path), "fullhouse_"));
        }
    }
    assert!(names.len() > 15, "the metrics were not found: {names:?}");
    let missing: Vec<&String> = names
        .iter()
        .filter(|name| !operations.contains(*name))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/OPERATIONS.md does not say what these are: {missing:#?}"
    );
}

#[test]
fn every_setting_is_documented() {
    let example = read(&root().join(".env.example"));
    let mut names = BTreeSet::new();
    for path in sources()
        .iter()
        .filter(|path| path.to_string_lossy().contains("src/config"))
    {
        names.extend(quoted(&read(path), "FULLHOUSE_"));
    }
    // A way to run, not a setting of an installation.
    names.remove("FULLHOUSE_DEMO");
    assert!(names.len() > 15, "the settings were not found: {names:?}");
    let missing: Vec<&String> = names
        .iter()
        .filter(|name| !example.contains(*name))
        .collect();
    assert!(
        missing.is_empty(),
        ".env.example does not have these: {missing:#?}"
    );
}

/// Whole string literals that begin so.
fn quoted(text: &str, start: &str) -> BTreeSet<String> {
    let literals = text.split('"').skip(1).step_by(2);
    let names = literals.filter(|literal| literal.starts_with(start));
    let plain = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    names.filter(plain).map(str::to_owned).collect()
}
