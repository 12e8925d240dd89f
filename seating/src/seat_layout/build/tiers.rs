//! Price tiers and the cells they make with sections.

use crate::layout_spec::PriceTierSpec;
use crate::limits::{PRICE_MINOR_UNITS_MAX, PRICE_TIERS_MAX};
use crate::seat_layout::build::Builder;
use crate::seat_layout::build::checks::{ensure, error, index16, label};
use crate::seat_layout::{Cell, CellIndex, LayoutError, PriceTier, SectionIndex, TierIndex};

impl Builder {
    pub(super) fn add_tiers(&mut self, tiers: &[PriceTierSpec]) -> Result<(), LayoutError> {
        ensure(!tiers.is_empty(), "price_tiers", || {
            "at least one is needed".into()
        })?;
        ensure(tiers.len() <= PRICE_TIERS_MAX, "price_tiers", || {
            format!("at most {PRICE_TIERS_MAX} are allowed")
        })?;
        for (at, tier) in tiers.iter().enumerate() {
            self.add_tier(&format!("price_tiers[{at}]"), tier)?;
        }
        Ok(())
    }

    fn add_tier(&mut self, path: &str, tier: &PriceTierSpec) -> Result<(), LayoutError> {
        label(&format!("{path}.code"), &tier.code)?;
        label(&format!("{path}.name"), &tier.name)?;
        let unique = self.tiers.iter().all(|known| known.code != tier.code);
        ensure(unique, &format!("{path}.code"), || {
            format!("{:?} is there twice", tier.code)
        })?;
        let amount_path = format!("{path}.price.amount");
        ensure(
            (0..=PRICE_MINOR_UNITS_MAX).contains(&tier.price.amount),
            &amount_path,
            || format!("must be from 0 to {PRICE_MINOR_UNITS_MAX} minor units"),
        )?;
        let currency = &tier.price.currency;
        let iso = currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase());
        let currency_path = format!("{path}.price.currency");
        ensure(iso, &currency_path, || {
            "must be three capital letters (ISO 4217)".into()
        })?;
        let same = self
            .tiers
            .iter()
            .all(|known| known.price.currency == *currency);
        ensure(same, &currency_path, || {
            "all tiers must be in one currency".into()
        })?;
        self.tiers.push(PriceTier {
            code: tier.code.clone(),
            name: tier.name.clone(),
            price: tier.price.clone(),
        });
        Ok(())
    }

    pub(super) fn tier(&self, path: &str, code: &str) -> Result<TierIndex, LayoutError> {
        let found = self.tiers.iter().position(|tier| tier.code == code);
        let found = found.and_then(|at| u8::try_from(at).ok()).map(TierIndex);
        found.ok_or_else(|| error(path, format!("there is no price tier {code:?}")))
    }

    pub(super) fn cell(&mut self, section: SectionIndex, tier: TierIndex) -> CellIndex {
        // Cells are grouped by section and sections come one after the other.
        let here = self.cells.iter().rev();
        let mut here = here.take_while(|cell| cell.section == section);
        let known = here.position(|cell| cell.tier == tier);
        let known = known.map(|from_the_end| self.cells.len() - 1 - from_the_end);
        let at = known.unwrap_or_else(|| {
            self.cells.push(Cell {
                section,
                tier,
                capacity: 0,
            });
            self.cells.len() - 1
        });
        CellIndex(index16(at))
    }
}
