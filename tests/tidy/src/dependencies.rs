//! Who may depend on whom.

use std::collections::BTreeSet;

use super::sources::{read, root};

/// All that the rules may depend on; anything with a clock, a runtime, randomness or IO is out.
const SEATING_DEPENDENCIES: [&str; 9] = [
    "hashbrown",
    "rstar",
    "rustc-hash",
    "smallvec",
    "strum",
    "thiserror",
    "unicode-properties",
    "unicode_names2",
    "uuid",
];

/// The packages of the program, the root one's folder being the empty one.
pub(super) const PRODUCT: [&str; 6] = [
    "",
    "seating",
    "actors",
    "persistence",
    "persistence/contract",
    "persistence/local-cluster",
];

/// What only these of them may depend on, and do.
const ONLY_IN: [(&str, &[&str]); 4] = [
    ("sqlx", &["persistence", "persistence/local-cluster"]),
    ("ractor", &["actors"]),
    ("axum", &[""]),
    ("anyhow", &[""]),
];

/// Who must not depend on whom. The rules, which know nobody, have a list of their own.
const NEVER: [(&str, &str); 5] = [
    ("actors", "persistence"),
    ("persistence", "actors"),
    ("persistence", "local_cluster"),
    ("persistence/contract", "tokio"),
    ("persistence/local-cluster", "persistence"),
];

/// What the tests of several packages share.
const TOOLS_OF_TESTS: [&str; 5] = [
    "testkit",
    "test_database",
    "simulation",
    "loadtest",
    "openid_provider",
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
    for (name, owners) in ONLY_IN {
        for package in PRODUCT {
            let named = of(package).contains(name);
            assert!(named == owners.contains(&package), "{package:?} and {name}");
        }
    }
    for (package, other) in NEVER {
        assert!(!of(package).contains(other), "{package} and {other}");
    }
}

/// The program is built without what only its tests need.
#[test]
fn the_product_depends_on_no_tools_of_tests() {
    for package in PRODUCT {
        for name in of(package).intersection(&TOOLS_OF_TESTS.map(str::to_owned).into()) {
            let manifest = read(&root().join(package).join("Cargo.toml"));
            let optional = format!("{name} = {{ workspace = true, optional = true }}");
            assert!(manifest.contains(&optional), "{package:?} and {name}");
        }
    }
}

fn of(package: &str) -> BTreeSet<String> {
    let manifest = format!("{package}/Cargo.toml");
    dependencies(manifest.trim_start_matches('/'), "dependencies")
}

/// A count of places that wraps must end its owner, not sell what is not there.
#[test]
fn the_rules_check_their_arithmetic_also_in_production() {
    let manifest = read(&root().join("Cargo.toml"));
    let profile = "[profile.release.package.seating]\noverflow-checks = true\n";
    assert!(manifest.contains(profile), "{profile}");
}
