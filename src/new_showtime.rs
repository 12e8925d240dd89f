//! Creating a showtime, whoever asks: an editor, an import or the demonstration.

use persistence::error::StoreError;
use persistence::showtimes::{Created, NewShowtime, Showtimes};
use seating::event::RequestStamp;
use seating::ids::ShowtimeId;
use seating::layout_spec::LayoutSpec;
use seating::limits::{CALENDAR, LABEL_BYTES_MAX};
use seating::rejection::Rejection;
use seating::seat_layout::{LayoutFaults, SeatLayout};
use seating::settings::Settings;
use seating::text::check_prose;
use seating::timestamp::Timestamp;
use tokio::task::{JoinError, spawn_blocking};
use uuid::Uuid;

/// A showtime that somebody wants to create.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    /// Its id, made by the caller.
    pub id: ShowtimeId,
    /// The event it belongs to.
    pub event: Option<Uuid>,
    /// What people call it.
    pub title: &'a str,
    /// When it begins.
    pub starts_at: Timestamp,
    /// Who creates it.
    pub created_by: Option<Uuid>,
    /// Its house.
    pub spec: &'a LayoutSpec,
    /// The sale's terms.
    pub settings: &'a Settings,
    /// The request, when it may be repeated.
    pub request: Option<RequestStamp>,
}

/// Why a showtime was not created.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// A field is wrong.
    #[error("{field}: {message}")]
    Field {
        /// Which.
        field: &'static str,
        /// What is wrong.
        message: String,
    },
    /// The house cannot be.
    #[error(transparent)]
    Layout(#[from] LayoutFaults),
    /// The house was not built to its end.
    #[error("the house could not be built")]
    Build(#[from] JoinError),
    /// The terms cannot be.
    #[error(transparent)]
    Terms(Rejection),
    /// It could not be stored.
    #[error("the showtime could not be stored")]
    Store(#[from] StoreError),
}

/// The terms of a showtime when nobody says otherwise: its sale ends when the show begins.
pub fn usual_settings(starts_at: Timestamp) -> Settings {
    Settings {
        on_sale_until: Some(starts_at),
        ..Settings::default()
    }
}

/// Checks a draft and creates the showtime, wholly or not at all.
pub async fn create(
    showtimes: &Showtimes,
    draft: &Draft<'_>,
    now: Timestamp,
) -> Result<Created, DraftError> {
    check(draft)?;
    // A few hundred bytes describe a house of a hundred thousand seats, and building that takes
    // longer than a worker of the runtime may be kept.
    let spec = draft.spec.clone();
    let layout = spawn_blocking(move || SeatLayout::build(&spec)).await??;
    store(showtimes, draft, &layout, now).await
}

/// The same for a draft whose house is built already, from the draft's `spec`.
pub async fn create_built(
    showtimes: &Showtimes,
    draft: &Draft<'_>,
    layout: &SeatLayout,
    now: Timestamp,
) -> Result<Created, DraftError> {
    check(draft)?;
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
        settings: draft.settings,
        request: draft.request,
    };
    Ok(showtimes.create(new).await?)
}

fn check(draft: &Draft<'_>) -> Result<(), DraftError> {
    let wrong = |field, message: &str| {
        let message = message.to_owned();
        Err(DraftError::Field { field, message })
    };
    if let Err(reason) = check_prose(draft.title, LABEL_BYTES_MAX) {
        return wrong("title", &reason);
    }
    if !CALENDAR.contains(&draft.starts_at) {
        return wrong("starts_at", "must be in the years 1970 to 9999");
    }
    draft.settings.validate().map_err(DraftError::Terms)
}
