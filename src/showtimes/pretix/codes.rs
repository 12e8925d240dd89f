//! Codes of sections: the names of zones, made unique.

use std::collections::{HashMap, HashSet};

/// The codes that are taken.
#[derive(Default)]
pub(super) struct Codes {
    taken: HashSet<String>,
    /// The number that a name's last code has. Below it none is free, so that as many zones of one
    /// name as there may be are numbered without counting from 1 each time.
    last: HashMap<String, u32>,
}

impl Codes {
    /// Zones of one name become sections `Balcony`, `Balcony 2`, …
    pub(super) fn unique(&mut self, name: &str) -> String {
        let last = self.last.entry(name.to_owned()).or_default();
        loop {
            *last += 1;
            let code = match *last {
                1 => name.to_owned(),
                number => format!("{name} {number}"),
            };
            if self.taken.insert(code.clone()) {
                return code;
            }
        }
    }
}
