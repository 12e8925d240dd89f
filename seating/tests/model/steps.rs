//! What random histories consist of.

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::strategy::BoxedStrategy;

use crate::commands::{Action, actions};

/// One step of a history: the clock moves, then somebody asks for something.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// By how much the clock on the wall moves; clocks do run backwards.
    pub(crate) seconds: i32,
    /// How much time really passes.
    pub(crate) passed_seconds: u32,
    pub(crate) stamp: Stamp,
    pub(crate) action: Action,
}

/// Under which idempotency key.
#[derive(Clone, Debug)]
pub(crate) enum Stamp {
    None,
    Fresh,
    /// An earlier stamped request is sent again, whatever the action.
    Again(u8),
    /// The key of an earlier request is used for this one.
    Reused(u8),
}

pub(crate) fn steps() -> BoxedStrategy<Step> {
    let right = |seconds: u32| (i32::try_from(seconds).unwrap(), seconds);
    let times = prop_oneof![
        24 => (0..15_u32).prop_map(right),
        4 => (60..400_u32).prop_map(right),
        1 => (1_500..4_000_u32).prop_map(right),
        2 => (-300..0_i32, 0..15_u32),
        1 => (-4_000..4_000_i32, 0..400_u32),
    ];
    let stamp = prop_oneof![
        16 => Just(Stamp::None),
        6 => Just(Stamp::Fresh),
        1 => any::<u8>().prop_map(Stamp::Again),
        1 => any::<u8>().prop_map(Stamp::Reused),
    ];
    let step = (times, stamp, actions());
    step.prop_map(|((seconds, passed_seconds), stamp, action)| Step {
        seconds,
        passed_seconds,
        stamp,
        action,
    })
    .boxed()
}
