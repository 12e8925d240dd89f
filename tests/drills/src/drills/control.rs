//! The drills' own trial: a server that may lose what it promised must be found out.
//!
//! With `hold_ack = memory` a hold, an extension or a release is promised before it is journaled, so
//! a crash within the next moments loses it, which the house has chosen then. Nothing else is
//! different from `kill9`, and nothing else may be lost.

use std::time::Duration;

use super::Drill;
use crate::error::DrillError;
use crate::options::Options;
use crate::scene::Scene;
use crate::stage::Stage;
use crate::summary::Summary;

pub(super) const DRILL: Drill = Drill {
    name: "control",
    about: "a server that promises too early is killed: the checker must find what it lost",
    run: |options| Box::pin(play(options)),
};

/// The longest time between a start and the kill.
const LIFE_MS_MAX: u64 = 400;
/// Many more than it takes: most kills find nothing under way that a crash could lose.
const CYCLES_MAX: u32 = 100;
/// What the checker says of a promise that was given too early.
const LOST: [&str; 3] = [
    "a promised hold is lost",
    "a hold differs from what was promised",
    "a promise is not kept",
];
/// Part of what it says of a promise to sell, which is never given early.
const SOLD: &str = "outcome: Ok(Sold";
/// Part of what else it says of a history in which a promise is lost.
const FOLLOWS: [&str; 4] = [
    "no order explains",
    "was refused while it was surely free",
    "when asked again",
    "the history is in",
];

async fn play(options: Options) -> Result<Summary, DrillError> {
    let cycles_max = options.cycles(CYCLES_MAX, CYCLES_MAX);
    let mut stage = Stage::build().await?;
    stage.launch = stage.launch.env("FULLHOUSE_HOLD_ACK", "memory");
    let mut scene = Scene::open_on(DRILL.name, &options, stage).await?;
    let mut summary = Summary::default();
    let mut found = 0;
    while found == 0 && summary.is_clean() && summary.figure("cycles") < u64::from(cycles_max) {
        let trial = scene.begin(Duration::from_millis(LIFE_MS_MAX)).await?;
        scene.pause(50..=LIFE_MS_MAX).await;
        scene.kill9_and_spawn().await?;
        scene.until_ready().await?;
        scene.finish(trial).await?;
        summary.count("cycles", 1);
        let told = std::mem::take(&mut scene.summary);
        found = sort(told.violations(), &mut summary);
    }
    summary.count("lost promises found", found);
    let cycles = summary.figure("cycles");
    summary.demand(found > 0 || !summary.is_clean(), || {
        format!("no lost promise was found in {cycles} cycles")
    });
    scene.stage.judge(&mut summary).await?;
    scene.server.terminate().await?;
    Ok(summary)
}

/// How many promises were lost by the house's choice; whatever has another reason is a violation
/// here as well.
fn sort(told: &[String], summary: &mut Summary) -> u64 {
    let is_lost = |it: &String| LOST.iter().any(|lost| it.starts_with(lost)) && !it.contains(SOLD);
    let (lost, others): (Vec<_>, Vec<_>) = told.iter().partition(|it| is_lost(it));
    for other in others {
        let follows = !lost.is_empty() && FOLLOWS.iter().any(|part| other.contains(part));
        summary.demand(follows, || other.clone());
    }
    lost.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(told: &[&str]) -> (u64, usize) {
        let told: Vec<String> = told.iter().map(|&it| it.to_owned()).collect();
        let mut summary = Summary::default();
        let found = sort(&told, &mut summary);
        (found, summary.violations().len())
    }

    #[test]
    fn only_what_memory_may_lose_is_no_violation() {
        let lost = "a promised hold is lost: 1";
        let follows = "A-1: no order explains its 4 operations";
        assert_eq!(judged(&[follows, lost]), (1, 0));
        assert_eq!(judged(&[follows]), (0, 1));
        assert_eq!(judged(&["A-1 is sold twice", lost]), (1, 1));
        let sold = "a promise is not kept: Operation { outcome: Ok(Sold { seq: 1 }) }";
        assert_eq!(judged(&[sold]), (0, 1));
        let released = "a promise is not kept: Operation { outcome: Ok(Released { seq: 1 }) }";
        assert_eq!(judged(&[released]), (1, 0));
    }
}
