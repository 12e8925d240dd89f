//! What documents must say because code says it.

use std::collections::BTreeSet;

use super::sources::{self, read, root};

#[test]
fn every_metric_is_documented() {
    let operations = read(&root().join("docs/OPERATIONS.md"));
    let mut names = BTreeSet::new();
    for source in sources::all() {
        if source.path.ends_with("metrics.rs") || source.path.ends_with("names.rs") {
            names.extend(quoted(&source.text, "fullhouse_"));
        }
    }
    assert!(names.len() > 15, "the metrics were not found: {names:?}");
    names.retain(|name| !operations.contains(name));
    assert!(
        names.is_empty(),
        "docs/OPERATIONS.md does not say what these are: {names:#?}"
    );
}

#[test]
fn every_setting_is_documented() {
    let example = read(&root().join(".env.example"));
    let mut names = BTreeSet::new();
    for source in sources::below(&root().join("src/config")) {
        names.extend(quoted(&source.text, "FULLHOUSE_"));
    }
    // A way to run, not a setting of an installation.
    names.remove("FULLHOUSE_DEMO");
    assert!(names.len() > 15, "the settings were not found: {names:?}");
    names.retain(|name| !example.contains(name));
    assert!(
        names.is_empty(),
        ".env.example does not have these: {names:#?}"
    );
}

/// Whole string literals that begin so.
fn quoted(text: &str, start: &str) -> BTreeSet<String> {
    let literals = text.split('"').skip(1).step_by(2);
    let names = literals.filter(|literal| literal.starts_with(start));
    let plain = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    names.filter(plain).map(str::to_owned).collect()
}
