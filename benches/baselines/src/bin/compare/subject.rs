//! What is compared.

use std::fmt;

use baselines::design::Design;
use baselines::transactions::Transactions;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A server that sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// As it is delivered: an answer leaves when its entry is committed.
    Fullhouse,
    /// With `hold_ack = memory`: holds are answered before the commit.
    FullhouseMemory,
    /// Fullhouse's route that only parses.
    ParseOnly,
    /// One of the others.
    Baseline(Design, Transactions),
    /// One of the others by the application, all of whose buyers of any seats take the first.
    FirstFree(Design),
}

impl Subject {
    /// Fullhouse, and the others as applications have them: each statement a round trip.
    pub(crate) fn usual() -> Vec<Self> {
        let baseline = |design| Self::Baseline(design, Transactions::Application);
        [Self::Fullhouse, Self::FullhouseMemory]
            .into_iter()
            .chain(Design::ALL.into_iter().map(baseline))
            .collect()
    }

    /// The others with their transactions inside the database.
    pub(crate) fn in_the_database() -> impl Iterator<Item = Self> {
        let inside = |design| Self::Baseline(design, Transactions::Database);
        Design::ALL.into_iter().map(inside)
    }

    /// Those of the others that tutorials often show in another form.
    pub(crate) fn first_free() -> impl Iterator<Item = Self> {
        let shown = Design::ALL.into_iter();
        shown
            .filter(|design| design.can_pick_first())
            .map(Self::FirstFree)
    }

    /// Whether no design in use comes nearer to Fullhouse.
    pub(crate) const fn is_best_rival(self) -> bool {
        matches!(
            self,
            Self::Baseline(Design::ConditionalUpdate | Design::RedisLock, _)
        )
    }

    /// Everybody who is measured anywhere.
    pub(crate) fn all() -> Vec<Self> {
        let mut all = Self::usual();
        all.extend(Self::in_the_database());
        all.extend(Self::first_free());
        all
    }

    /// The database it keeps its things in.
    pub(crate) fn database(self) -> String {
        match self {
            Self::Fullhouse | Self::FullhouseMemory | Self::ParseOnly => "fullhouse".to_owned(),
            Self::Baseline(design, _) | Self::FirstFree(design) => format!("baseline_{design}"),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fullhouse => f.write_str("fullhouse"),
            Self::FullhouseMemory => f.write_str("fullhouse (memory)"),
            Self::ParseOnly => f.write_str("parse only"),
            Self::Baseline(design, Transactions::Application) => design.fmt(f),
            Self::Baseline(design, Transactions::Database) => {
                write!(f, "{design} (in the database)")
            }
            Self::FirstFree(design) => write!(f, "{design} (first free)"),
        }
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let mut known = Self::all().into_iter().chain([Self::ParseOnly]);
        let found = known.find(|subject| subject.to_string() == name);
        found.ok_or_else(|| D::Error::custom(format!("there is no subject {name:?}")))
    }
}
