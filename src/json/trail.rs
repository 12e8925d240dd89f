//! What is written down on the way out of a failure: the words where it happened, and one step of
//! the path from each value around it.

use std::cell::RefCell;
use std::fmt::Display;

use serde::de::Error;

use super::fault::JsonFault;
use super::path::Segment;
use super::words::{self, MISSING, missing_member};

/// Steps of a path that are reported; a value further in is named by what is around it.
const STEPS_MAX: usize = 32;
/// Bytes of a key that are reported.
const KEY_BYTES_MAX: usize = 200;

/// Empty until something fails.
#[derive(Debug, Default)]
pub(super) struct Trail(RefCell<Found>);

#[derive(Debug, Default)]
struct Found {
    message: Option<String>,
    /// From the inside out.
    steps: Vec<Segment>,
}

impl Trail {
    /// Writes down a failure in these words, unless one further in was written down before.
    pub(super) fn note(&self, words: impl FnOnce() -> String) {
        let mut found = self.0.borrow_mut();
        if found.message.is_none() {
            found.message = Some(words());
        }
    }

    /// Whether the words are there already.
    fn is_noted(&self) -> bool {
        self.0.borrow().message.is_some()
    }

    /// A failure in these words.
    pub(super) fn refuse<E: Error>(&self, words: impl FnOnce() -> String) -> E {
        self.note(words);
        E::custom("the trail says why")
    }

    /// A failure happened inside an item.
    pub(super) fn in_item<E: Error>(&self, at: usize, error: E) -> E {
        self.note(|| words::of_error(&error));
        self.0.borrow_mut().steps.push(Segment::Index(at));
        error
    }

    /// A failure happened inside a member.
    pub(super) fn in_member<E: Error>(&self, key: &str, error: E) -> E {
        self.note(|| words::of_error(&error));
        self.step_into(key);
        error
    }

    /// The failure is that of a member.
    pub(super) fn step_into(&self, key: &str) {
        let steps = &mut self.0.borrow_mut().steps;
        if key.len() > KEY_BYTES_MAX {
            steps.clear();
        } else {
            steps.push(Segment::Key(key.into()));
        }
    }

    /// A derived type misses a member after the last one was read, so nothing around it knows its name.
    pub(super) fn note_missing(&self, error: &impl Display) {
        if self.is_noted() {
            return;
        }
        if let Some(name) = missing_member(error) {
            self.note(|| MISSING.to_owned());
            self.step_into(&name);
        }
    }

    pub(super) fn into_fault(self, error: &serde_json::Error) -> JsonFault {
        let Found { message, mut steps } = self.0.into_inner();
        steps.reverse();
        steps.truncate(STEPS_MAX);
        JsonFault::Shape {
            path: steps,
            message: message.unwrap_or_else(|| words::of_error(error)),
        }
    }
}
