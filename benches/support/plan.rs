//! How long a bench takes, and over which parameters.

use std::time::Duration;

use criterion::Criterion;

use crate::checks::only_checks;

/// Bounds under which all benches together take a quarter of an hour.
pub(crate) fn criterion() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_millis(1_500))
        .configure_from_args()
}

/// The parameters of a table: all when measuring, the two smallest when checking.
pub(crate) fn steps<T>(all: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
    let at_most = if only_checks() { 2 } else { usize::MAX };
    all.into_iter().take(at_most)
}
