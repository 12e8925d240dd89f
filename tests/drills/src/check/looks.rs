//! Views of the seat map: late perhaps, but never back in time.

use crate::history::{Answer, History, MapView, Outcome};
use crate::summary::Summary;

/// Returns every view that was seen, after checking that none is older than one that had been
/// seen before it was asked for.
pub(super) fn check<'a>(history: &'a History, summary: &mut Summary) -> Vec<&'a MapView> {
    let looks = history
        .operations
        .iter()
        .filter_map(|it| match &it.outcome {
            Outcome::Ok(Answer::Seen(view)) => Some((it.invoked_us, it.ended_us, view)),
            Outcome::Ok(_) | Outcome::Refused(_) | Outcome::Unknown { .. } => None,
        });
    let mut views: Vec<&MapView> = Vec::new();
    let mut newest = (0, 0);
    for (invoked_us, ended_us, view) in looks {
        let (seen, seen_us) = newest;
        summary.demand(invoked_us < seen_us || view.seq >= seen, || {
            format!(
                "entry {} was the last one seen after {seen} had been",
                view.seq
            )
        });
        if view.seq >= seen {
            newest = (view.seq, ended_us);
        }
        views.push(view);
    }
    views
}
