//! How often each thing happened: a fault that never happens proves nothing.

use std::ops::AddAssign;

macro_rules! tally {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// How often what happened.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Tally {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl AddAssign for Tally {
            fn add_assign(&mut self, other: Self) {
                $(self.$name += other.$name;)*
            }
        }

        impl Tally {
            /// Every count with its name.
            pub fn counts(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name),)*]
            }
        }
    };
}

tally! {
    /// Simulations played to the end.
    seeds,
    /// Attempts of commands.
    attempts,
    /// Answers with a new entry.
    granted,
    /// Answers with the entry of an earlier attempt.
    replayed,
    /// Answers that the rules say no.
    rejected,
    /// Attempts refused for certain: overload, a rest, a closed door.
    refused,
    /// Attempts whose outcome stayed unknown.
    unknown,
    /// Callers that went away before their answer.
    given_up,
    /// Questions answered: holds, views, snapshots.
    reads,
    /// Durable entries.
    entries,
    /// Commits.
    commits,
    /// Commits that failed and were tried again.
    commits_failed,
    /// Commits whose answer was lost.
    commits_unknown,
    /// Loads that failed.
    loads_failed,
    /// Claims that were recorded although the claimer saw a failure.
    claims_unknown,
    /// Claims that came too late and took nothing.
    claims_overtaken,
    /// Appends refused because a newer reign had begun.
    fenced,
    /// Entries that the store refused for good.
    poisoned,
    /// Owners made to panic.
    panics,
    /// Owners killed.
    kills,
    /// Processes that ended without notice.
    crashes,
    /// Processes stopped in good order.
    stops,
    /// Processes started.
    starts,
    /// Showtimes claimed by another process than before.
    takeovers,
    /// Processes frozen and thawed again.
    freezes,
    /// Showtimes whose stored snapshots were damaged.
    snapshots_damaged,
    /// Clocks put forward.
    jumps_forward,
    /// Clocks put back.
    jumps_back,
    /// Milliseconds of virtual time.
    virtual_ms,
}
