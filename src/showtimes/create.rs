//! Creating a showtime, whoever asks: an editor, an import or the demonstration.

use persistence::error::StoreError;
use persistence::showtimes::{Created, NewShowtime, Showtimes};
use seating::entry::RequestStamp;
use seating::ids::ShowtimeId;
use seating::sale_terms::SaleTerms;
use seating::seat_layout::spec::LayoutSpec;
use seating::seat_layout::{LayoutFaults, SeatLayout};
use seating::timestamp::Timestamp;
use tokio::task::{JoinError, spawn_blocking};
use uuid::Uuid;

use super::rules::check_terms;
use crate::wire::faults::{Fault, Faults, listed};

/// A showtime that somebody wants to create.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    /// Its id, made by the caller.
    pub id: ShowtimeId,
    pub event: Option<Uuid>,
    pub title: &'a str,
    pub starts_at: Timestamp,
    pub created_by: Option<Uuid>,
    pub spec: &'a LayoutSpec,
    pub terms: &'a SaleTerms,
    /// The request, when it may be repeated.
    pub request: Option<RequestStamp>,
}

/// Why a showtime was not created.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// These things are wrong with it; at least one.
    #[error("{}", listed(.0))]
    Faults(Vec<Fault>),
    /// The layout was not built to its end.
    #[error("the layout could not be built")]
    Build(#[from] JoinError),
    #[error("the showtime could not be stored")]
    Store(#[from] StoreError),
}

impl DraftError {
    fn unless_empty(faults: Faults) -> Result<(), Self> {
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Self::Faults(faults.into_vec()))
        }
    }
}

impl From<LayoutFaults> for DraftError {
    fn from(layout: LayoutFaults) -> Self {
        Self::Faults(Faults::from(layout).into_vec())
    }
}

/// Checks a draft and creates the showtime, wholly or not at all. What is known to be wrong with the
/// request that it was made of is reported with all else.
///
/// # Errors
///
/// [`DraftError::Faults`] with all that is wrong with the draft; otherwise nothing was stored, and
/// the same request may be sent again.
pub async fn create(
    showtimes: &Showtimes,
    draft: &Draft<'_>,
    known: Faults,
    now: Timestamp,
) -> Result<Created, DraftError> {
    let mut faults = Faults::default();
    check_terms(draft.title, draft.starts_at, draft.terms, &mut faults);
    faults.add_all(known.into_vec());
    // A few hundred bytes describe a layout of a hundred thousand seats, and building that takes
    // longer than a worker of the runtime may be kept.
    let spec = draft.spec.clone();
    match spawn_blocking(move || SeatLayout::build(&spec)).await? {
        Ok(layout) => {
            DraftError::unless_empty(faults)?;
            store(showtimes, draft, &layout, now).await
        }
        Err(layout) => {
            faults.add_all(Faults::from(layout).into_vec());
            Err(DraftError::Faults(faults.into_vec()))
        }
    }
}

/// Creates the showtime of a draft whose layout is built already, from the draft's `spec`.
///
/// # Errors
///
/// As [`create`].
pub async fn create_built(
    showtimes: &Showtimes,
    draft: &Draft<'_>,
    layout: &SeatLayout,
    now: Timestamp,
) -> Result<Created, DraftError> {
    let mut faults = Faults::default();
    check_terms(draft.title, draft.starts_at, draft.terms, &mut faults);
    DraftError::unless_empty(faults)?;
    store(showtimes, draft, layout, now).await
}

async fn store(
    showtimes: &Showtimes,
    draft: &Draft<'_>,
    layout: &SeatLayout,
    now: Timestamp,
) -> Result<Created, DraftError> {
    let new = NewShowtime {
        id: draft.id,
        event: draft.event,
        title: draft.title,
        starts_at: draft.starts_at,
        created_at: now,
        created_by: draft.created_by,
        spec: draft.spec,
        layout,
        terms: draft.terms,
        request: draft.request,
    };
    Ok(showtimes.create(new).await?)
}
