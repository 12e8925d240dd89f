//! What is measured: which buyers, how many, how they come.

use std::time::Duration;

use loadtest::run::Asks;
use loadtest::workload::Workload;
use serde::Serialize;

use crate::subject::Subject;

/// One set of circumstances under which all subjects are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Cell {
    pub(crate) workload: Workload,
    pub(crate) connections: usize,
    pub(crate) load: Load,
}

/// How buyers come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
    pub(crate) warmup: Duration,
    pub(crate) length: Duration,
    /// Whether the others are also measured with their transactions inside the database.
    pub(crate) in_the_database: bool,
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
        if quick {
            return Self {
                cells,
                warmup: Duration::from_millis(400),
                length: Duration::from_millis(800),
                in_the_database: false,
            };
        }
        let others = [
            Workload::SameSeat,
            Workload::HotHundred,
            Workload::Zipf,
            Workload::Checkout,
        ];
        cells.extend(others.map(|workload| closed(workload, 256)));
        cells.extend([1, 16, 64].map(|connections| closed(Workload::WholeHouse, connections)));
        Self {
            cells,
            warmup: Duration::from_millis(600),
            length: Duration::from_millis(1_200),
            in_the_database: true,
        }
    }

    /// Who is measured in a cell.
    pub(crate) fn subjects(&self, cell: Cell) -> Vec<Subject> {
        match cell.load {
            // The second form only where the bars stand: it doubles the time.
            Load::Closed if cell == HOT && self.in_the_database => {
                let usual = Subject::usual().into_iter();
                usual.chain(Subject::in_the_database()).collect()
            }
            Load::Closed if cell == BEST => {
                let usual = Subject::usual().into_iter();
                usual.chain(Subject::first_free()).collect()
            }
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
