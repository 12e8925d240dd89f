//! Random histories: the seat map against a model that follows the rules in the most obvious way.
//!
//! Each test runs `PROPTEST_CASES` histories of up to 100 commands, by default 256. The nightly
//! setting runs 100,000 over both:
//!
//! ```text
//! PROPTEST_CASES=50000 cargo test --release -p seating --test model
//! ```
//!
//! After every command both say the same: recorded or refused and why, the very entries, the
//! status of every place, and the whole snapshot. The invariants hold, and now and then the seat
//! map is replaced by what its snapshot restores, which nobody may notice.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

mod ask;
mod commands;
mod happen;
mod judge_best;
mod layouts;
mod lockstep;
mod reference;
mod resolve;
mod rules_of_bookings;
mod rules_of_gaps;
mod rules_of_holds;
mod rules_of_staff;
mod steps;
mod wishes;

use proptest::prelude::Strategy;
use proptest::strategy::BoxedStrategy;
use proptest::test_runner::{Config, FileFailurePersistence};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use crate::lockstep::{Lockstep, Scenario};
use crate::steps::Step;

prop_state_machine! {
    #![proptest_config(config())]

    #[test]
    fn seat_map_follows_the_model_from_the_opening(sequential 1..100 => FromTheOpening);

    #[test]
    fn seat_map_follows_the_model_in_a_crowded_layout(sequential 1..100 => WhenCrowded);
}

/// Histories that begin with fewer than `TAKEN` seats blocked at random.
struct Histories<const TAKEN: usize>;

/// Nothing is taken yet.
type FromTheOpening = Histories<1>;
/// Most places are taken.
type WhenCrowded = Histories<30>;

impl<const TAKEN: usize> ReferenceStateMachine for Histories<TAKEN> {
    type State = Scenario;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Scenario> {
        lockstep::scenarios(0..TAKEN).boxed()
    }

    /// What may follow does not depend on what went before.
    fn transitions(_: &Scenario) -> BoxedStrategy<Step> {
        steps::steps()
    }

    fn apply(scenario: Scenario, _: &Step) -> Scenario {
        scenario
    }
}

impl<const TAKEN: usize> StateMachineTest for Histories<TAKEN> {
    type SystemUnderTest = Lockstep;
    type Reference = Self;

    fn init_test(scenario: &Scenario) -> Lockstep {
        Lockstep::begin(scenario)
    }

    fn apply(mut both: Lockstep, _: &Scenario, step: Step) -> Lockstep {
        both.take(&step);
        both
    }
}

fn config() -> Config {
    Config {
        // Next to this file, and the seed is printed.
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..Config::default()
    }
}
