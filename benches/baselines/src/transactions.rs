//! Where a transaction's statements come from.

use std::fmt;
use std::str::FromStr;

/// Who sends the statements of a transaction, and so how many round trips it lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transactions {
    /// A stored function has them all: one round trip.
    #[default]
    Database,
    /// The server sends `BEGIN`, each statement and `COMMIT`: a round trip each.
    Application,
}

/// A name that is neither way's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is none of {names}", names = Transactions::ALL.map(Transactions::as_str).join(", "))]
pub struct UnknownTransactions(String);

impl Transactions {
    /// Both ways.
    pub const ALL: [Self; 2] = [Self::Database, Self::Application];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Application => "application",
        }
    }
}

impl fmt::Display for Transactions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Transactions {
    type Err = UnknownTransactions;

    fn from_str(text: &str) -> Result<Self, UnknownTransactions> {
        let found = Self::ALL.into_iter().find(|it| it.as_str() == text);
        found.ok_or_else(|| UnknownTransactions(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for transactions in Transactions::ALL {
            assert_eq!(transactions.to_string().parse(), Ok(transactions));
        }
        let unknown = "cloud".parse::<Transactions>().unwrap_err().to_string();
        assert!(unknown.contains("database, application"), "{unknown}");
    }
}
