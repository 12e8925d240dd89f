//! What may be said of a showtime beside its layout, and what holds when nothing is said.

use seating::limits::{CALENDAR, HOLD_TTL_SECONDS_MAX, LABEL_BYTES_MAX};
use seating::sale_terms::{GapRule, SaleStatus, SaleTerms, hold_ttl_max_usual};
use seating::text::check_prose;
use seating::timestamp::Timestamp;

use crate::wire::faults::Faults;
use crate::wire::names;

/// The terms of a showtime when nobody says otherwise: its sale ends when the show begins.
pub fn usual_terms(starts_at: Timestamp) -> SaleTerms {
    SaleTerms {
        on_sale_until: Some(starts_at),
        ..SaleTerms::default()
    }
}

/// Whether somebody may know of a showtime under these terms: a draft is there for staff alone.
pub fn is_shown(terms: &SaleTerms, is_staff: bool) -> bool {
    is_staff || terms.status != SaleStatus::Draft
}

/// The sale's terms as a request may give them.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::option_option,
    reason = "null removes a point in time, which leaving it out does not"
)]
pub struct WantedTerms {
    pub on_sale_from: Option<Timestamp>,
    /// End of sale; null for never.
    pub on_sale_until: Option<Option<Timestamp>>,
    pub hold_ttl_seconds: Option<u32>,
    /// How long a buyer keeps a place.
    pub hold_ttl_max_seconds: Option<u32>,
    /// Places one buyer may have.
    pub max_per_buyer: Option<u32>,
    /// How strictly single seats are protected.
    pub gap_rule: Option<GapRule>,
    /// Whether the public sees it from the start.
    pub status: Option<SaleStatus>,
}

impl WantedTerms {
    /// With the rules' own defaults for what is left out, of a showtime that begins then.
    pub fn sale_terms(self, starts_at: Timestamp, faults: &mut Faults) -> SaleTerms {
        let usual = usual_terms(starts_at);
        let on_sale_from = self.on_sale_from;
        let too_late = on_sale_from.is_some_and(|from| from >= starts_at);
        if too_late && self.on_sale_until.is_none() {
            let message = "must be before starts_at, when the sale ends unless on_sale_until is \
                           given; null ends it never";
            faults.add("on_sale_from", message);
        }
        // What is wrong with a member is not said again of one that nobody gave.
        let usual_end = usual.on_sale_until;
        let usual_end = usual_end.filter(|end| !too_late && CALENDAR.contains(end));
        let hold_ttl_seconds = self.hold_ttl_seconds.unwrap_or(usual.hold_ttl_seconds);
        SaleTerms {
            on_sale_from,
            on_sale_until: self.on_sale_until.unwrap_or(usual_end),
            max_per_buyer: self.max_per_buyer.unwrap_or(usual.max_per_buyer),
            hold_ttl_seconds,
            hold_ttl_max_seconds: (self.hold_ttl_max_seconds)
                .unwrap_or_else(|| hold_ttl_max_usual(hold_ttl_seconds).min(HOLD_TTL_SECONDS_MAX)),
            gap_rule: self.gap_rule.unwrap_or(usual.gap_rule),
            status: self.status.unwrap_or(usual.status),
        }
    }
}

/// Notes all that is wrong with what is said of a showtime beside its layout.
pub fn check_terms(title: &str, starts_at: Timestamp, terms: &SaleTerms, faults: &mut Faults) {
    if let Err(reason) = check_prose(title, LABEL_BYTES_MAX) {
        faults.add("title", reason);
    }
    if !CALENDAR.contains(&starts_at) {
        faults.add("starts_at", "must be in the years 1970 to 9999");
    }
    for (field, reason) in terms.faults() {
        faults.add(names::of_field(field), reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STARTS_AT: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

    fn wrong(title: &str, terms: &SaleTerms) -> Vec<String> {
        let mut faults = Faults::default();
        check_terms(title, STARTS_AT, terms, &mut faults);
        let faults = faults.into_vec().into_iter();
        faults.map(|fault| fault.path).collect()
    }

    #[test]
    fn the_usual_terms_are_right_and_end_when_the_show_begins() {
        let mut faults = Faults::default();
        let terms = WantedTerms::default().sale_terms(STARTS_AT, &mut faults);
        assert!(faults.is_empty());
        assert_eq!(terms, usual_terms(STARTS_AT));
        assert_eq!(terms.on_sale_until, Some(STARTS_AT));
        assert!(wrong("Hamlet", &terms).is_empty());
    }

    #[test]
    fn a_draft_is_shown_to_staff_alone() {
        let open = usual_terms(STARTS_AT);
        let draft = SaleTerms {
            status: SaleStatus::Draft,
            ..usual_terms(STARTS_AT)
        };
        assert!(is_shown(&open, false) && is_shown(&draft, true));
        assert!(!is_shown(&draft, false));
    }

    #[test]
    fn a_title_has_bounds() {
        let terms = usual_terms(STARTS_AT);
        assert_eq!(wrong("", &terms), ["title"]);
        assert_eq!(wrong(&"x".repeat(LABEL_BYTES_MAX + 1), &terms), ["title"]);
    }

    #[test]
    fn every_setting_out_of_bounds_is_told() {
        let terms = SaleTerms {
            max_per_buyer: 0,
            hold_ttl_seconds: 0,
            ..usual_terms(STARTS_AT)
        };
        let mut wrong = wrong("Hamlet", &terms);
        wrong.sort();
        assert_eq!(wrong, ["hold_ttl_seconds", "max_per_buyer"]);
    }

    #[test]
    fn a_sale_that_ends_by_itself_must_begin_before_the_show() {
        let late = WantedTerms {
            on_sale_from: Some(STARTS_AT),
            ..WantedTerms::default()
        };
        let mut faults = Faults::default();
        late.sale_terms(STARTS_AT, &mut faults);
        assert!(faults.are_in("on_sale_from"));
        let endless = WantedTerms {
            on_sale_until: Some(None),
            ..late
        };
        let mut faults = Faults::default();
        assert_eq!(
            endless.sale_terms(STARTS_AT, &mut faults).on_sale_until,
            None
        );
        assert!(faults.is_empty());
    }
}
