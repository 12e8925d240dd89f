//! The showtimes on sale, with their seats as rows of a design's tables.

use std::sync::Arc;

use dashmap::DashMap;
use fullhouse::http::problem::{self, Problem};
use fullhouse::http::showtimes::refused;
use fullhouse::showtimes::{CreateError, create_built};
use persistence::showtimes::{NewShowtime, Showtimes};
use rand::RngExt;
use seating::command::Role;
use seating::ids::ShowtimeId;
use seating::rejection::Rejection;
use seating::sale_terms::{SaleStatus, SaleTerms};
use seating::seat_layout::spec::LayoutSpec;
use seating::seat_layout::{SeatIndex, SeatLayout};
use seating::timestamp::Timestamp;
use tokio::task::spawn_blocking;

use crate::store::Store;

/// What is known of a showtime without asking the database: nothing of it changes.
#[derive(Debug)]
pub struct OnSale {
    pub layout: Arc<SeatLayout>,
    pub terms: SaleTerms,
}

/// The showtimes that were asked for since the start.
#[derive(Debug)]
pub struct ShowtimesOnSale {
    catalog: Showtimes,
    known: DashMap<ShowtimeId, Arc<OnSale>>,
}

impl ShowtimesOnSale {
    /// Over the product's own list of showtimes.
    pub fn new(catalog: Showtimes) -> Self {
        let known = DashMap::new();
        Self { catalog, known }
    }

    /// Creates a showtime in the list, and its seats in the design's tables.
    pub async fn create(
        &self,
        store: &Store,
        new: &NewShowtime<'_>,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let layout = build(new.spec.clone()).await?;
        if layout.capacity() as usize != layout.seat_count() {
            let message = "must be reserved: the comparison has no areas";
            return Err(Problem::invalid("sections", message));
        }
        let created = create_built(&self.catalog, new, &layout, now).await;
        created.map_err(refused)?;
        let opened = store.open_showtime(new.id, &layout).await;
        opened.map_err(|error| problem::of_store(&error.into()))?;
        let on_sale = OnSale {
            layout: Arc::new(layout),
            terms: new.terms.clone(),
        };
        self.known.insert(new.id, Arc::new(on_sale));
        Ok(())
    }

    /// A showtime that was created, now or before a restart.
    pub async fn find(&self, id: ShowtimeId) -> Result<Arc<OnSale>, Problem> {
        if let Some(known) = self.known.get(&id) {
            return Ok(Arc::clone(&known));
        }
        let on_sale = Arc::new(self.load(id).await?);
        self.known.insert(id, Arc::clone(&on_sale));
        Ok(on_sale)
    }

    async fn load(&self, id: ShowtimeId) -> Result<OnSale, Problem> {
        let missing = || Problem::not_found("showtime", id);
        let listed = self.catalog.get(id).await;
        let listed = listed.map_err(|error| problem::of_store(&error))?;
        let stored = self.catalog.layout(id).await;
        let stored = stored.map_err(|error| problem::of_store(&error))?;
        let (_, spec) = stored.ok_or_else(missing)?;
        Ok(OnSale {
            layout: Arc::new(build(spec).await?),
            terms: listed.ok_or_else(missing)?.terms,
        })
    }
}

async fn build(spec: LayoutSpec) -> Result<SeatLayout, Problem> {
    let built = spawn_blocking(move || SeatLayout::build(&spec)).await;
    let built = built.map_err(Problem::internal)?;
    built.map_err(|faults| refused(CreateError::from(faults)))
}

impl OnSale {
    /// Refuses buyers outside the sale, as the rules do.
    pub fn check_on_sale(&self, by: Role, now: Timestamp) -> Result<(), Rejection> {
        if by == Role::Staff {
            return Ok(());
        }
        let opens_at = self.terms.on_sale_from.filter(|from| now < *from);
        let over = self.terms.on_sale_until.is_some_and(|end| end <= now);
        if self.terms.status != SaleStatus::Open || opens_at.is_some() || over {
            return Err(Rejection::NotOnSale { opens_at });
        }
        Ok(())
    }

    /// Whether nothing in it costs anything, so that its buyers may confirm.
    pub fn is_free(&self) -> bool {
        let mut tiers = self.layout.tiers().iter();
        tiers.all(|tier| tier.price.as_ref().is_none_or(|price| price.amount == 0))
    }

    /// The first seat of some row. Buyers who look for the best seats from different rows on seldom
    /// choose the same.
    pub fn random_row(&self) -> SeatIndex {
        let rows = self.layout.rows();
        let row = rows.get(rand::rng().random_range(0..rows.len().max(1)));
        row.map_or_else(SeatIndex::default, |row| row.first_seat)
    }
}
