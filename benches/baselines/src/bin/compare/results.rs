//! All runs, and what can be said of them together.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::cell::{Cell, Load};
use crate::measure::Run;
use crate::subject::Subject;

/// Written as the list of its runs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Results {
    runs: Vec<Run>,
}

/// Of the rounds: the middle one and both ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Spread {
    /// Nothing without a value.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
        Some(Self {
            median: f64::midpoint(low, high),
            least,
            most,
        })
    }
}

impl Results {
    pub(crate) fn add(&mut self, run: Run) {
        self.runs.push(run);
    }

    pub(crate) const fn len(&self) -> usize {
        self.runs.len()
    }

    /// Cells that were measured, each once, in order of their first run.
    pub(crate) fn cells(&self) -> Vec<Cell> {
        let mut seen = BTreeSet::new();
        let cells = self.runs.iter().map(|run| run.cell);
        cells.filter(|cell| seen.insert(*cell)).collect()
    }

    /// Who was measured in a cell, each once.
    pub(crate) fn subjects(&self, cell: Cell) -> Vec<Subject> {
        let runs = self.runs.iter().filter(|run| run.cell == cell);
        let subjects: BTreeSet<Subject> = runs.map(|run| run.subject).collect();
        subjects.into_iter().collect()
    }

    pub(crate) fn rounds(&self) -> usize {
        self.runs.iter().map(|run| run.round + 1).max().unwrap_or(0)
    }

    /// A subject's runs in a cell, by round.
    pub(crate) fn of(&self, subject: Subject, cell: Cell) -> impl Iterator<Item = &Run> {
        let mine = move |run: &&Run| run.subject == subject && run.cell == cell;
        self.runs.iter().filter(mine)
    }

    /// Some figure of a subject in a cell over the rounds.
    pub(crate) fn spread(
        &self,
        subject: Subject,
        cell: Cell,
        figure: impl Fn(&Run) -> f64,
    ) -> Option<Spread> {
        Spread::of(self.of(subject, cell).map(figure))
    }

    /// How many times as many sales per second one subject makes as another, round by round.
    pub(crate) fn ratio(&self, of: Subject, to: Subject, cell: Cell) -> Option<Spread> {
        let ratios = self.of(of, cell).filter_map(|mine| {
            let theirs = self.of(to, cell).find(|run| run.round == mine.round)?;
            // Whoever sold nothing in a run is taken to have sold one, so that no round is lost.
            let least = 1.0 / theirs.report.seconds.max(f64::MIN_POSITIVE);
            let theirs = theirs.report.sales_per_second.max(least);
            Some(mine.report.sales_per_second / theirs)
        });
        Spread::of(ratios)
    }

    /// What a subject sold per second in the closed loop of the same round.
    pub(crate) fn capacity(&self, round: usize, subject: Subject, cell: Cell) -> f64 {
        let closed = Cell {
            load: Load::Closed,
            ..cell
        };
        let run = self.of(subject, closed).find(|run| run.round == round);
        run.map_or(0.0, |run| run.report.sales_per_second)
    }

    /// Everything the oracle found, with where.
    pub(crate) fn violations(&self) -> Vec<String> {
        let each = |run: &Run| {
            let place = format!("{} in {}", run.subject, run.cell.title());
            let found = run.violations.clone();
            found
                .into_iter()
                .map(move |what| format!("{place}: {what}"))
        };
        self.runs.iter().flat_map(each).collect()
    }
}
