//! Names to indexes at the edge: seat ids and codes as clients write them, resolved in a layout.

use seating::seat_layout::{SeatIndex, SeatLayout, SectionIndex, TierIndex};

use crate::http::problem::{Code, FieldError, Problem};
use crate::wire::composed::composed;

/// Unknown names that one problem lists.
const ERRORS_MAX: usize = 20;

/// Characters of an unknown name that are repeated.
const SHOWN_CHARS_MAX: usize = 64;

/// Resolves names and remembers those that name nothing.
#[derive(Debug)]
pub struct Resolver<'a> {
    layout: &'a SeatLayout,
    errors: Vec<FieldError>,
}

impl<'a> Resolver<'a> {
    /// In this layout.
    pub const fn new(layout: &'a SeatLayout) -> Self {
        Self {
            layout,
            errors: Vec::new(),
        }
    }

    /// A seat by its id.
    pub fn seat(&mut self, field: impl FnOnce() -> String, id: &str) -> Option<SeatIndex> {
        let found = self.layout.find_seat(&composed(id));
        if found.is_none() {
            self.unknown(field, "seat", id);
        }
        found
    }

    /// A section by its code.
    pub fn section(&mut self, field: impl FnOnce() -> String, code: &str) -> Option<SectionIndex> {
        let found = self.layout.find_section(&composed(code));
        if found.is_none() {
            self.unknown(field, "section", code);
        }
        found
    }

    /// Sections by their codes.
    pub fn sections(&mut self, field: &str, codes: &[String]) -> Vec<SectionIndex> {
        let resolve =
            |(at, code): (usize, &String)| self.section(|| format!("{field}[{at}]"), code);
        codes.iter().enumerate().filter_map(resolve).collect()
    }

    /// Price tiers by their codes.
    pub fn tiers(&mut self, field: &str, codes: &[String]) -> Vec<TierIndex> {
        let mut found = Vec::with_capacity(codes.len().min(ERRORS_MAX));
        for (at, code) in codes.iter().enumerate() {
            match self.layout.find_tier(&composed(code)) {
                Some(tier) => found.push(tier),
                None => self.unknown(|| format!("{field}[{at}]"), "price tier", code),
            }
        }
        found
    }

    /// The problem that names everything unknown, if there is any.
    ///
    /// # Errors
    ///
    /// 422 with every unknown name, when there is any.
    pub fn finish(self) -> Result<(), Problem> {
        let Some(first) = self.errors.first() else {
            return Ok(());
        };
        let detail = format!("{}: {}", first.field, first.message);
        Err(Problem::new(Code::ValidationFailed, detail).with_errors(self.errors))
    }

    fn unknown(&mut self, field: impl FnOnce() -> String, noun: &str, name: &str) {
        if self.errors.len() >= ERRORS_MAX {
            return;
        }
        let shown: String = name.chars().take(SHOWN_CHARS_MAX).collect();
        self.errors.push(FieldError {
            field: field(),
            message: format!("there is no {noun} {shown:?} in this showtime"),
        });
    }
}
