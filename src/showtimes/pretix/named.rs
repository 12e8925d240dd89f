//! Values by the names of a plan's parts: prices by category, stages by zone.

use std::collections::BTreeMap;

use crate::json::path;
use crate::wire::composed::composed;

/// Values by names, found however a name is composed, each with its name as it was sent.
#[derive(Clone, Debug)]
pub struct Named<T>(BTreeMap<String, Sent<T>>);

#[derive(Clone, Debug)]
struct Sent<T> {
    name: String,
    value: T,
}

/// Two names are one in Unicode's composed form, and which of the values counts is not guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is given twice, an accent being part of its letter or standing behind it; which of the two \
     counts is not guessed"
)]
pub struct GivenTwice;

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Named<T> {
    /// Adds a value by its name as it was sent.
    ///
    /// # Errors
    ///
    /// When there is a value by that name, which stays.
    pub fn add(&mut self, name: impl Into<String>, value: T) -> Result<(), GivenTwice> {
        let name = name.into();
        let known = composed(&name).into_owned();
        if self.0.contains_key(&known) {
            return Err(GivenTwice);
        }
        self.0.insert(known, Sent { name, value });
        Ok(())
    }

    /// The value by a name in the composed form.
    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.0.get(name).map(|sent| &sent.value)
    }

    /// The names in the composed form.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The value by a name, and the name.
    pub(super) fn entry(&self, name: &str) -> Option<(&str, &T)> {
        let found = self.0.get_key_value(name);
        found.map(|(name, sent)| (name.as_str(), &sent.value))
    }

    /// The place of a value in the object of that name, with the key that was sent.
    pub(super) fn path(&self, object: &str, name: &str) -> String {
        let sent = self.0.get(name).map(|sent| sent.name.as_str());
        path::member(object, sent.unwrap_or(name))
    }
}
