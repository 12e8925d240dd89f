//! What was promised, beside what was measured.

use baselines::design::Design;
use baselines::transactions::Transactions;

use crate::cell::{BEST, HALF, HOT, SWAPS};
use crate::measure::millis;
use crate::results::{Results, Spread};
use crate::subject::Subject;

/// A line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Promise {
    pub(crate) least: String,
    pub(crate) measured: String,
    pub(crate) met: bool,
}

/// At least so many times the sales of a design, on one hot showtime with 256 connections.
const RATIOS: [(Design, f64); 6] = [
    (Design::EventRowLock, 40.0),
    (Design::Serializable, 80.0),
    (Design::SeatRowsForUpdate, 30.0),
    (Design::SeatRowsSkipLocked, 30.0),
    (Design::ConditionalUpdate, 5.0),
    (Design::RedisLock, 5.0),
];

const PARSE_SHARE_MIN: f64 = 0.70;
const HALF_P99_MS_MAX: f64 = 15.0;

pub(crate) fn promises(results: &Results) -> Vec<Promise> {
    // A bar met against one form of a design says nothing about the other.
    let forms = [
        (Transactions::Application, ""),
        (Transactions::Database, ", in the database"),
    ];
    let each = RATIOS.iter().flat_map(|one| forms.map(|form| (one, form)));
    let ratios = each.filter_map(|((design, times), (transactions, form))| {
        let baseline = Subject::Baseline(*design, transactions);
        let ratio = results.ratio(Subject::Fullhouse, baseline, HOT)?;
        Some(Promise {
            least: format!("≥ {times:.0} × {design}{form}"),
            measured: format!("{} ×", range(ratio, 1)),
            met: ratio.median >= *times,
        })
    });
    let shown = RATIOS.iter().filter_map(|(design, times)| {
        let first = Subject::FirstFree(*design);
        let ratio = results.ratio(Subject::Fullhouse, first, BEST)?;
        Some(Promise {
            least: format!("≥ {times:.0} × {first}, as tutorials often show it, best available"),
            measured: format!("{} ×", range(ratio, 1)),
            met: ratio.median >= *times,
        })
    });
    let others = [
        parse_share(results),
        half_p99(results),
        false_refusals(results),
    ];
    ratios
        .chain(shown)
        .chain(others.into_iter().flatten())
        .collect()
}

fn parse_share(results: &Results) -> Option<Promise> {
    let share = results.ratio(Subject::Fullhouse, Subject::ParseOnly, SWAPS)?;
    let percent = Spread {
        median: share.median * 100.0,
        least: share.least * 100.0,
        most: share.most * 100.0,
    };
    Some(Promise {
        least: format!("≥ {:.0} % of the bare-parse route", PARSE_SHARE_MIN * 100.0),
        measured: format!("{} %", range(percent, 0)),
        met: share.median >= PARSE_SHARE_MIN,
    })
}

fn half_p99(results: &Results) -> Option<Promise> {
    let p99 = results.spread(Subject::Fullhouse, HALF, |run| {
        millis(run.report.sale.p99_us)
    })?;
    Some(Promise {
        least: format!("p99 at half of capacity ≤ {HALF_P99_MS_MAX:.0} ms"),
        measured: format!("{} ms", range(p99, 1)),
        met: p99.median <= HALF_P99_MS_MAX,
    })
}

/// With 512 of 18,000 seats held there always are two together.
fn false_refusals(results: &Results) -> Option<Promise> {
    let runs: Vec<_> = results.of(Subject::Fullhouse, BEST).collect();
    let refused: u64 = runs.iter().map(|run| run.report.refusals()).sum();
    let granted: u64 = runs.iter().map(|run| run.report.granted).sum();
    (!runs.is_empty()).then(|| Promise {
        least: "no false refusal of best available".to_owned(),
        measured: format!("{refused} of {}", granted + refused),
        met: refused == 0,
    })
}

/// The median with both ends.
pub(crate) fn range(spread: Spread, digits: usize) -> String {
    let Spread {
        median,
        least,
        most,
    } = spread;
    format!("{median:.digits$} ({least:.digits$}–{most:.digits$})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::run;

    #[test]
    fn each_form_is_judged_by_itself() {
        let baseline = |transactions| Subject::Baseline(Design::ConditionalUpdate, transactions);
        let mut results = Results::default();
        for (subject, sales_per_second) in [
            (Subject::Fullhouse, 20_000.0),
            (baseline(Transactions::Application), 2_000.0),
            (baseline(Transactions::Database), 5_000.0),
        ] {
            results.add(run(0, HOT, subject, sales_per_second));
        }
        let verdicts: Vec<_> = promises(&results)
            .into_iter()
            .map(|promise| (promise.least, promise.met))
            .collect();
        let of = |least: &str, met| (least.to_owned(), met);
        let expected = [
            of("≥ 5 × conditional_update", true),
            of("≥ 5 × conditional_update, in the database", false),
        ];
        assert_eq!(verdicts, expected);
    }
}
