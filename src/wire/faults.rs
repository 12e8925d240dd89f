//! What is wrong with something that was sent, up to a hundred faults.

use std::collections::HashSet;

use seating::seat_layout::{FAULTS_MAX, LayoutFaults};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct Fault {
    /// The place, as [`crate::json::path`] writes places; nothing for the whole.
    pub path: String,
    /// What is wrong with it, and what it must be.
    pub reason: String,
}

/// Each on a line of its own.
pub fn listed(faults: &[Fault]) -> String {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// All that is wrong, each place once.
#[derive(Debug, Default)]
pub struct Faults {
    found: Vec<Fault>,
    places: HashSet<String>,
}

impl Faults {
    /// Notes a fault, unless there are enough or something was wrong at that place, or around it,
    /// already: of what is inside a wrong thing nothing is known.
    pub fn add(&mut self, path: impl Into<String>, reason: impl Into<String>) {
        let path = path.into();
        let mut steps = path.match_indices(['.', '[']).map(|(at, _)| &path[..at]);
        let known = self.are_of_the_whole() || steps.any(|around| self.places.contains(around));
        if !known && !self.is_full() && self.places.insert(path.clone()) {
            let reason = reason.into();
            self.found.push(Fault { path, reason });
        }
    }

    /// Notes these, which are found in another thing, in its order.
    pub fn add_all(&mut self, faults: impl IntoIterator<Item = Fault>) {
        for Fault { path, reason } in faults {
            self.add(path, reason);
        }
    }

    /// Whether no more will be noted.
    pub fn is_full(&self) -> bool {
        self.found.len() >= FAULTS_MAX
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether something is wrong with a member of the whole, or inside it.
    pub fn are_in(&self, member: &str) -> bool {
        let inside = |place: &String| {
            let rest = place.strip_prefix(member);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.places.iter().any(inside)
    }

    /// Whether the whole is not what it must be, so that nothing inside it is known.
    pub fn are_of_the_whole(&self) -> bool {
        self.places.contains("")
    }

    /// Each of them, in the order in which they were found.
    pub fn into_vec(self) -> Vec<Fault> {
        self.found
    }
}

/// What the layout's own checks have against a layout.
impl From<LayoutFaults> for Faults {
    fn from(layout: LayoutFaults) -> Self {
        let mut faults = Self::default();
        for fault in layout.into_vec() {
            faults.add(fault.path, fault.reason);
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_once_and_nothing_inside_it() {
        let mut faults = Faults::default();
        for path in ["a.b", "a.b", "a.b[0].c", "a.bc", "a[\"b.c\"]", "d[1]"] {
            faults.add(path, "is wrong");
        }
        assert!(faults.are_in("a") && faults.are_in("d") && !faults.are_in("b"));
        assert!(!faults.are_of_the_whole());
        let places: Vec<String> = faults.into_vec().into_iter().map(|it| it.path).collect();
        assert_eq!(places, ["a.b", "a.bc", "a[\"b.c\"]", "d[1]"]);
    }

    #[test]
    fn of_a_whole_that_is_wrong_nothing_else_is_told() {
        let mut faults = Faults::default();
        faults.add("", "must be an object");
        faults.add("zones", "is empty");
        faults.add("", "must be an object");
        assert!(faults.are_of_the_whole());
        assert_eq!(faults.into_vec().len(), 1);
    }
}
