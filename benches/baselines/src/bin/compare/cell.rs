//! What is measured: which buyers, how many, how they come.

use loadtest::plan::Asks;
use loadtest::workload::Workload;
use serde::{Deserialize, Serialize};

use crate::subject::Subject;

/// One set of circumstances under which all subjects are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Cell {
    pub(crate) workload: Workload,
    pub(crate) connections: usize,
    pub(crate) load: Load,
}

/// How buyers come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Load {
    /// The next request follows the last answer.
    Closed,
    /// At random, half as many as the subject has just sold in the closed loop.
    OpenHalf,
    /// Closed, every hold in place of the last one: the same body for the route that only parses.
    Swaps,
}

/// What a comparison consists of.
#[derive(Clone, Debug)]
pub(crate) struct Agenda {
    pub(crate) cells: Vec<Cell>,
    quick: bool,
}

/// Where the bars stand.
pub(crate) const HOT: Cell = closed(Workload::WholeHouse, 256);

/// Latency below saturation.
pub(crate) const HALF: Cell = Cell {
    load: Load::OpenHalf,
    ..HOT
};

/// What stands between a hold and its bare request.
pub(crate) const SWAPS: Cell = Cell {
    load: Load::Swaps,
    ..HOT
};

/// The one that may refuse falsely.
pub(crate) const BEST: Cell = closed(Workload::BestAvailable, 256);

/// Everything that a buyer does.
pub(crate) const CHECKOUT: Cell = closed(Workload::Checkout, 256);

const fn closed(workload: Workload, connections: usize) -> Cell {
    Cell {
        workload,
        connections,
        load: Load::Closed,
    }
}

impl Agenda {
    pub(crate) fn new(quick: bool) -> Self {
        let mut cells = vec![HOT, HALF, SWAPS, BEST];
        if !quick {
            let others = [
                Workload::SameSeat,
                Workload::HotHundred,
                Workload::Zipf,
                Workload::Checkout,
            ];
            cells.extend(others.map(|workload| closed(workload, 256)));
            cells.extend([1, 16, 64].map(|connections| closed(Workload::WholeHouse, connections)));
        }
        Self { cells, quick }
    }

    /// How many runs a round consists of.
    pub(crate) fn runs_per_round(&self) -> usize {
        let cells = self.cells.iter();
        cells.map(|cell| self.subjects(*cell).len()).sum()
    }

    /// Who is measured in a cell.
    pub(crate) fn subjects(&self, cell: Cell) -> Vec<Subject> {
        match cell.load {
            // The second form only where the bars stand: it doubles the time.
            Load::Closed if cell == HOT => {
                let usual = Subject::usual().into_iter();
                let inside = Subject::in_the_database();
                usual
                    .chain(inside.filter(|subject| !self.quick || subject.is_best_rival()))
                    .collect()
            }
            Load::Closed if cell == BEST => {
                let usual = Subject::usual().into_iter();
                usual.chain(Subject::first_free()).collect()
            }
            // Time for the best rivals' second form is worth more than the others' latency.
            Load::OpenHalf if self.quick => vec![Subject::Fullhouse, Subject::FullhouseMemory],
            Load::Closed | Load::OpenHalf => Subject::usual(),
            Load::Swaps => vec![Subject::ParseOnly, Subject::Fullhouse],
        }
    }
}

impl Cell {
    /// What a subject is asked here.
    pub(crate) const fn asks(&self, subject: Subject) -> Asks {
        match (self.load, subject) {
            (_, Subject::ParseOnly) => Asks::Parses,
            (Load::Swaps, _) => Asks::Swaps,
            (Load::Closed | Load::OpenHalf, _) => Asks::Holds,
        }
    }

    /// For tables.
    pub(crate) fn title(&self) -> String {
        let workload = match self.workload {
            Workload::SameSeat => "same seat",
            Workload::HotHundred => "hot hundred",
            Workload::WholeHouse => "whole house (50,000)",
            Workload::Zipf => "Zipf 1.0",
            Workload::BestAvailable => "best available, 2 of 18,000",
            Workload::Checkout => "hold, pay, confirm; 30 % abandoned",
        };
        let load = match self.load {
            Load::Closed => "closed loop",
            Load::OpenHalf => "open loop at half of its own capacity",
            Load::Swaps => "closed loop, holds swapped",
        };
        format!("{workload}, {} connections, {load}", self.connections)
    }
}

#[cfg(test)]
mod tests {
    use baselines::design::Design;
    use baselines::transactions::Transactions;

    use super::*;

    #[test]
    fn the_best_rivals_meet_the_bars_in_both_forms_even_when_it_is_quick() {
        for quick in [true, false] {
            let subjects = Agenda::new(quick).subjects(HOT);
            for design in [Design::ConditionalUpdate, Design::RedisLock] {
                for transactions in Transactions::ALL {
                    assert!(subjects.contains(&Subject::Baseline(design, transactions)));
                }
            }
        }
    }
}
