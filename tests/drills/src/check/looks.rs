//! Pictures of the seat map: late perhaps, but never back in time.

use crate::history::{Answer, History, Outcome, Picture};
use crate::summary::Summary;

/// Returns every picture that was seen, after checking that none is older than one that had been
/// seen before it was asked for.
pub(super) fn check<'a>(history: &'a History, summary: &mut Summary) -> Vec<&'a Picture> {
    let looks = history
        .operations
        .iter()
        .filter_map(|it| match &it.outcome {
            Outcome::Ok(Answer::Seen(picture)) => Some((it.invoked_us, it.ended_us, picture)),
            Outcome::Ok(_) | Outcome::Refused(_) | Outcome::Unknown { .. } => None,
        });
    let mut pictures: Vec<&Picture> = Vec::new();
    let mut newest = (0, 0);
    for (invoked_us, ended_us, picture) in looks {
        let (seen, seen_us) = newest;
        summary.demand(invoked_us < seen_us || picture.seq >= seen, || {
            format!(
                "event {} was the last one seen after {seen} had been",
                picture.seq
            )
        });
        if picture.seq >= seen {
            newest = (picture.seq, ended_us);
        }
        pictures.push(picture);
    }
    pictures
}
