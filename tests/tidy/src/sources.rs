//! The files that the other checks look at.

use std::fs;
use std::path::{Path, PathBuf};

/// A Rust file of ours.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Source {
    /// Its place in the repository, with `/` between folders.
    pub(crate) fn name(&self) -> String {
        let inside = self.path.strip_prefix(root()).unwrap();
        inside.to_string_lossy().replace('\\', "/")
    }

    /// Whether it is compiled for tests only.
    pub(crate) fn is_test(&self) -> bool {
        let name = self.name();
        name.ends_with("/tests.rs") || name.contains("/tests/") && name.contains("src/")
    }

    /// Its text without the tests at its end.
    pub(crate) fn code(&self) -> String {
        let end = self
            .text
            .find("#[cfg(test)]\nmod ")
            .unwrap_or(self.text.len());
        self.text[..end].to_owned()
    }
}

/// Where the repository is.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// A file's text.
pub(crate) fn read(path: &Path) -> String {
    let text = fs::read_to_string(path);
    assert!(text.is_ok(), "{} cannot be read", path.display());
    text.unwrap()
}

/// Every Rust file of ours.
pub(crate) fn all() -> Vec<Source> {
    let folders = [
        "src",
        "seating",
        "actors",
        "persistence",
        "tests",
        "benches",
        "loadtest",
    ];
    let found: Vec<Source> = folders
        .iter()
        .flat_map(|folder| below(&root().join(folder)))
        .collect();
    assert!(found.len() > 100, "the sources were not found");
    found
}

/// Every Rust file below a folder, in the order of their paths.
pub(crate) fn below(folder: &Path) -> Vec<Source> {
    let mut paths = Vec::new();
    collect(folder, "rs", &mut paths);
    paths.sort();
    let source = |path: PathBuf| Source {
        text: read(&path),
        path,
    };
    paths.into_iter().map(source).collect()
}

/// The folders with a `Cargo.toml` of their own whose package is part of the workspace.
pub(crate) fn packages() -> Vec<PathBuf> {
    let mut manifests = Vec::new();
    collect(root(), "toml", &mut manifests);
    let package =
        |path: &PathBuf| path.ends_with("Cargo.toml") && !path.starts_with(root().join("fuzz"));
    let mut folders: Vec<PathBuf> = manifests
        .into_iter()
        .filter(package)
        .filter_map(|path| Some(path.parent()?.to_owned()))
        .collect();
    folders.sort();
    folders
}

/// Every file of the repository whose name ends in one of these, in the order of their paths.
pub(crate) fn files(extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for extension in extensions {
        collect(root(), extension, &mut found);
    }
    found.sort();
    found
}

fn collect(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for path in entries.map(|entry| entry.unwrap().path()) {
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let ours = !hidden && !path.ends_with("target") && !path.ends_with("node_modules");
        if path.is_dir() && ours {
            collect(&path, extension, found);
        } else if path.extension().is_some_and(|ending| ending == extension) {
            found.push(path);
        }
    }
}

/// A line of Rust up to its comment; a `//` inside a text is seldom and hides only what follows.
pub(crate) fn without_comment(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}
