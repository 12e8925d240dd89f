//! The names of an object's members, of which each stands there once.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::{self, Formatter};

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use smallvec::SmallVec;

/// A key, borrowed from the text where it stands there as it is.
pub(super) struct Key<'de>(pub(super) Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;

        impl<'de> Visitor<'de> for Keys {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a member")
            }

            fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E: Error>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }

        deserializer.deserialize_str(Keys)
    }
}

/// Keys that are compared one by one; beyond, they are looked up.
const COMPARED_MAX: usize = 16;

/// The keys that an object has had so far.
#[derive(Default)]
pub(super) struct Given<'de> {
    keys: SmallVec<[Cow<'de, str>; 8]>,
    /// All of them, once there are many.
    looked_up: HashSet<Cow<'de, str>>,
}

impl<'de> Given<'de> {
    pub(super) fn has(&self, key: &str) -> bool {
        if self.looked_up.is_empty() {
            self.keys.iter().any(|given| given == key)
        } else {
            self.looked_up.contains(key)
        }
    }

    pub(super) fn add(&mut self, key: Cow<'de, str>) {
        if self.keys.len() < COMPARED_MAX && self.looked_up.is_empty() {
            self.keys.push(key);
            return;
        }
        if self.looked_up.is_empty() {
            self.looked_up.extend(self.keys.drain(..));
        }
        self.looked_up.insert(key.clone());
        // Of those only the newest is asked for.
        self.keys.clear();
        self.keys.push(key);
    }

    /// The newest.
    pub(super) fn last(&self) -> &str {
        self.keys.last().map_or("", |key| key)
    }
}
