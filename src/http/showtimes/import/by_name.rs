//! Values by name, in the order in which they were sent.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::json::path;
use crate::showtimes::Named;
use crate::wire::faults::Faults;

/// An object of which the sender chose the members' names.
#[derive(Clone, Debug)]
pub struct ByName<T>(Vec<(String, T)>);

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> ByName<T> {
    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values as a plan takes them; of a name that comes again in another form, the second is a
    /// fault.
    pub(super) fn named<U>(
        &self,
        member: &str,
        faults: &mut Faults,
        value: impl Fn(&T) -> U,
    ) -> Named<U> {
        let mut named = Named::default();
        for (name, sent) in &self.0 {
            if let Err(twice) = named.add(name, value(sent)) {
                faults.add(path::member(member, name), twice.to_string());
            }
        }
        named
    }
}

/// Sorted, so that the order of members makes no difference to a request that is repeated.
impl<T: Serialize> Serialize for ByName<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sorted: BTreeMap<&str, &T> = self
            .0
            .iter()
            .map(|(name, value)| (name.as_str(), value))
            .collect();
        sorted.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ByName<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = ByName<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ByName<T>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(ByName(members))
            }
        }

        deserializer.deserialize_map(Members(PhantomData))
    }
}
