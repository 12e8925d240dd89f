//! Errors as a log shows them: with everything that caused them, and the code of the store.
//!
//! A log in JSON prints no more of an error than its own sentence, and "the database failed" looks
//! the same for a full disk, a refused password and a server that is unreachable.

use std::error::Error;
use std::fmt;

/// Prints an error and all its causes, the outermost first, and a [`Coded`] one's code.
#[derive(Clone, Copy, Debug)]
pub struct Causes<'a>(pub &'a dyn Error);

/// A failure with the code under which the store's manual explains it (`SQLSTATE`).
#[derive(Debug)]
pub struct Coded {
    /// The code, such as `53100` for a full disk.
    pub code: String,
    pub failure: Box<dyn Error + Send + Sync>,
}

impl fmt::Display for Coded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (SQLSTATE {})", self.failure, self.code)
    }
}

/// The failure speaks for what caused it.
impl Error for Coded {}

impl Causes<'_> {
    /// The code of the store, if that is what failed.
    pub fn code(&self) -> Option<&str> {
        let coded = chain(self.0).find_map(|error| error.downcast_ref::<Coded>());
        coded.map(|coded| coded.code.as_str())
    }
}

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        chain(self.0).try_for_each(|cause| write!(f, ": {cause}"))
    }
}

/// What caused an error, without the error itself.
fn chain<'a>(error: &'a dyn Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause| (*cause).source())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::JournalError;

    #[test]
    fn every_cause_is_printed_and_the_code_found() {
        let coded = Coded {
            code: "53100".to_owned(),
            failure: "could not extend file".into(),
        };
        let error = JournalError::Unavailable(Box::new(coded));
        let causes = Causes(&error);
        assert_eq!(
            causes.to_string(),
            "the journal is unavailable: could not extend file (SQLSTATE 53100)"
        );
        assert_eq!(causes.code(), Some("53100"));
        let uncoded = JournalError::Unavailable("refused".into());
        assert_eq!(Causes(&uncoded).code(), None);
    }
}
