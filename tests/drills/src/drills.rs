//! The drills, each in a file of its own with one line here.

use std::pin::Pin;

use crate::error::DrillError;
use crate::options::Options;
use crate::summary::Summary;

mod clock_jump;
mod control;
mod idle_connections;
mod kill9;
mod logins;
mod overload;
mod postgres;
mod sigterm;
mod simulation;
mod slow_clients;
mod strangers;
mod zombie;

/// Every drill, in the order of `drill all`.
pub(crate) const ALL: &[Drill] = &[
    kill9::DRILL,
    zombie::DRILL,
    sigterm::DRILL,
    postgres::KILL9,
    postgres::RESTART,
    postgres::backend_terminate::DRILL,
    postgres::commits::UNKNOWN,
    postgres::connections_exhausted::DRILL,
    postgres::commits::SLOW,
    postgres::disk_full::DRILL,
    overload::DRILL,
    slow_clients::DRILL,
    strangers::DRILL,
    idle_connections::DRILL,
    logins::DRILL,
    clock_jump::DRILL,
    simulation::DRILL,
    control::DRILL,
];

/// The drill that needs a small disk.
pub(crate) const NEEDS_SMALL_DISK: &str = postgres::disk_full::DRILL.name;

/// One fault that is made on purpose.
#[derive(Debug)]
pub(crate) struct Drill {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// What it does, in a few words.
    pub(crate) about: &'static str,
    pub(crate) run: fn(Options) -> Play,
}

/// A drill being played, by whoever awaits it and nobody else.
pub(crate) type Play = Pin<Box<dyn Future<Output = Result<Summary, DrillError>>>>;
