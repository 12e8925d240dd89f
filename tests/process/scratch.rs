//! Folders for the data of one test.

use std::path::PathBuf;

use uuid::Uuid;

/// A directory that goes when the test does.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        let path =
            std::env::temp_dir().join(format!("fullhouse-process-{}", Uuid::new_v4().simple()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            // Only litter in the folder for litter.
            tracing::warn!(%error, "scratch directory not removed");
        }
    }
}
