//! Processor time that processes have used, from `/proc`; nothing where there is no `/proc`.

use std::fs;

use rustix::process::Pid;

/// Seconds used since a process began, with the children it has waited for.
pub(crate) fn of_process(pid: Pid) -> Option<f64> {
    Some(Stat::read(pid.as_raw_nonzero().get())?.seconds(true))
}

/// Seconds used by a process, its living children and those it has waited for.
pub(crate) fn of_family(parent: i32) -> Option<f64> {
    let own = Stat::read(parent)?.seconds(true);
    let children = children(parent).into_iter();
    let living: f64 = children
        .filter_map(Stat::read)
        .map(|stat| stat.seconds(false))
        .sum();
    Some(living + own)
}

/// The process that started this one.
pub(crate) fn parent(pid: i32) -> Option<i32> {
    Stat::read(pid).map(|stat| stat.parent)
}

struct Stat {
    parent: i32,
    /// User and system, own and waited for, in ticks.
    own: u64,
    waited_for: u64,
}

impl Stat {
    fn read(pid: i32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The second member is the program's name in parentheses, which may hold anything.
        let members: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |at: usize| members.get(at)?.parse::<u64>().ok();
        Some(Self {
            parent: members.get(1)?.parse().ok()?,
            own: ticks(11)? + ticks(12)?,
            waited_for: ticks(13)? + ticks(14)?,
        })
    }

    fn seconds(&self, with_waited_for: bool) -> f64 {
        let ticks = self.own + if with_waited_for { self.waited_for } else { 0 };
        #[expect(
            clippy::cast_precision_loss,
            reason = "a process does not run for 2^52 ticks"
        )]
        let seconds = ticks as f64 / rustix::param::clock_ticks_per_second() as f64;
        seconds
    }
}

fn children(parent: i32) -> Vec<i32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter(|pid| Stat::read(*pid).is_some_and(|stat| stat.parent == parent))
        .collect()
}
