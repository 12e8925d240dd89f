//! Creating a showtime, whoever asks: an editor, an import or the demonstration.

use persistence::error::StoreError;
use persistence::showtimes::{Created, NewShowtime, Showtimes};
use seating::seat_layout::{LayoutFaults, SeatLayout};
use seating::timestamp::Timestamp;
use tokio::task::{JoinError, spawn_blocking};

use super::rules::check_terms;
use crate::wire::faults::{Fault, Faults, listed};

/// Why a showtime was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// These things are wrong with it; at least one.
    #[error("{}", listed(.0))]
    Faults(Vec<Fault>),
    /// The layout was not built to its end.
    #[error("the layout could not be built")]
    Build(#[from] JoinError),
    #[error("the showtime could not be stored")]
    Store(#[from] StoreError),
}

impl CreateError {
    fn unless_empty(faults: Faults) -> Result<(), Self> {
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Self::Faults(faults.into_vec()))
        }
    }
}

impl From<LayoutFaults> for CreateError {
    fn from(layout: LayoutFaults) -> Self {
        Self::Faults(Faults::from(layout).into_vec())
    }
}

/// Checks a showtime and creates it, wholly or not at all. What is known to be wrong with the
/// request that it was made of is reported with all else.
///
/// # Errors
///
/// [`CreateError::Faults`] with all that is wrong with it; otherwise nothing was stored, and
/// the same request may be sent again.
pub async fn create(
    showtimes: &Showtimes,
    new: &NewShowtime<'_>,
    known: Faults,
    now: Timestamp,
) -> Result<Created, CreateError> {
    let mut faults = Faults::default();
    check_terms(new.title, new.starts_at, new.terms, &mut faults);
    faults.add_all(known.into_vec());
    // A few hundred bytes describe a layout of a hundred thousand seats, and building that takes
    // longer than a worker of the runtime may be kept.
    let spec = new.spec.clone();
    match spawn_blocking(move || SeatLayout::build(&spec)).await? {
        Ok(layout) => {
            CreateError::unless_empty(faults)?;
            Ok(showtimes.create(new, &layout, now).await?)
        }
        Err(layout) => {
            faults.add_all(Faults::from(layout).into_vec());
            Err(CreateError::Faults(faults.into_vec()))
        }
    }
}

/// Creates a showtime whose layout is built already, from its `spec`.
///
/// # Errors
///
/// As [`create`].
pub async fn create_built(
    showtimes: &Showtimes,
    new: &NewShowtime<'_>,
    layout: &SeatLayout,
    now: Timestamp,
) -> Result<Created, CreateError> {
    let mut faults = Faults::default();
    check_terms(new.title, new.starts_at, new.terms, &mut faults);
    CreateError::unless_empty(faults)?;
    Ok(showtimes.create(new, layout, now).await?)
}
