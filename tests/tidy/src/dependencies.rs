//! Who may depend on whom.

use std::collections::BTreeSet;

use super::sources::{read, root};

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
