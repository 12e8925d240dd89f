//! What a drill found, with the numbers that say how much that is worth.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// Violations shown in full; the rest is counted.
const SHOWN_MAX: usize = 20;

/// What a drill found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Counts by name, in the order in which they were first counted.
    figures: Vec<(Cow<'static, str>, u64)>,
    /// Everything that must not be.
    violations: Vec<String>,
    /// Why the drill could not be run here.
    not_run: Option<String>,
}

impl Summary {
    /// A drill that did not get to its end, which proves nothing and counts as failed.
    pub(crate) fn failed(error: &dyn fmt::Display) -> Self {
        let mut summary = Self::default();
        summary.violate(format!("the drill itself failed: {error}"));
        summary
    }

    /// A drill that this machine does not permit.
    pub(crate) fn not_run(why: impl Into<String>) -> Self {
        Self {
            not_run: Some(why.into()),
            ..Self::default()
        }
    }

    /// Counts.
    pub(crate) fn count(&mut self, name: impl Into<Cow<'static, str>>, more: u64) {
        let name = name.into();
        match self.figures.iter_mut().find(|(known, _)| *known == name) {
            Some((_, figure)) => *figure += more,
            None => self.figures.push((name, more)),
        }
    }

    /// Keeps the largest of several measurements.
    pub(crate) fn most(&mut self, name: impl Into<Cow<'static, str>>, measured: u64) {
        let name = name.into();
        let known = self.figure(&name);
        self.count(name, measured.saturating_sub(known));
    }

    /// What was counted under this name.
    pub(crate) fn figure(&self, name: &str) -> u64 {
        let known = self.figures.iter().find(|(known, _)| *known == name);
        known.map_or(0, |&(_, figure)| figure)
    }

    /// Notes something that must not be.
    pub(crate) fn violate(&mut self, what: impl Into<String>) {
        self.violations.push(what.into());
    }

    /// Notes it if there is something.
    pub(crate) fn demand(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.violate(otherwise());
        }
    }

    /// Everything that must not be.
    pub(crate) fn violations(&self) -> &[String] {
        &self.violations
    }

    /// Takes another's counts and violations in.
    pub(crate) fn add(&mut self, other: Self) {
        for (name, figure) in other.figures {
            self.count(name, figure);
        }
        self.violations.extend(other.violations);
    }

    /// Whether nothing is wrong so far.
    pub(crate) const fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    fn verdict(&self) -> &'static str {
        match (&self.not_run, self.is_clean()) {
            (Some(_), _) => "not run",
            (None, true) => "ok",
            (None, false) => "FAILED",
        }
    }
}

/// A drill's line.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) summary: Summary,
    pub(crate) took: Duration,
}

impl Row {
    /// Whether it was run and nothing is wrong.
    pub(crate) const fn passed(&self) -> bool {
        self.was_run() && self.summary.is_clean()
    }

    /// Whether this machine permitted it.
    pub(crate) const fn was_run(&self) -> bool {
        self.summary.not_run.is_none()
    }

    fn figures(&self) -> String {
        if let Some(why) = &self.summary.not_run {
            return why.clone();
        }
        let figures = self.summary.figures.iter();
        let mut figures: Vec<String> = figures
            .map(|(name, figure)| format!("{name} {figure}"))
            .collect();
        figures.push(format!("violations {}", self.summary.violations.len()));
        figures.join(", ")
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, verdict) = (self.name, self.summary.verdict());
        let seconds = self.took.as_secs_f64();
        write!(f, "{name}: {verdict} in {seconds:.1} s: {}", self.figures())?;
        let violations = &self.summary.violations;
        for violation in violations.iter().take(SHOWN_MAX) {
            write!(f, "\n  violation: {violation}")?;
        }
        if let Some(more) = violations.len().checked_sub(SHOWN_MAX).filter(|&n| n > 0) {
            write!(f, "\n  and {more} more")?;
        }
        Ok(())
    }
}

/// Names the drills that were not run; `None` if all were.
pub(crate) fn not_run(rows: &[Row]) -> Option<String> {
    let left_out = rows.iter().filter(|row| !row.was_run());
    let names: Vec<&str> = left_out.map(|row| row.name).collect();
    (!names.is_empty()).then(|| format!("not run: {}", names.join(", ")))
}

/// All rows, aligned.
pub(crate) fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let mut lines = vec![String::new()];
    for row in rows {
        lines.push(format!(
            "{:<width$}  {:<7}  {:>7.1} s  {}",
            row.name,
            row.summary.verdict(),
            row.took.as_secs_f64(),
            row.figures()
        ));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(summary: Summary) -> Row {
        Row {
            name: "kill9",
            summary,
            took: Duration::from_millis(1_500),
        }
    }

    #[test]
    fn a_clean_row_has_its_denominators_and_a_bad_one_its_violations() {
        let mut summary = Summary::default();
        summary.count("cycles", 2);
        summary.count("cycles", 1);
        summary.demand(true, || "unseen".to_owned());
        let clean = row(summary.clone());
        assert!(clean.passed());
        assert_eq!(
            clean.to_string(),
            "kill9: ok in 1.5 s: cycles 3, violations 0"
        );
        summary.violate("A-1 sold twice");
        let bad = row(summary);
        assert!(!bad.passed());
        assert!(bad.to_string().contains("FAILED"));
        assert!(bad.to_string().ends_with("\n  violation: A-1 sold twice"));
    }

    #[test]
    fn a_drill_that_was_not_run_says_so() {
        let row = row(Summary::not_run("cannot mount"));
        assert_eq!(row.to_string(), "kill9: not run in 1.5 s: cannot mount");
        assert!(!row.passed());
        assert_eq!(not_run(&[row]), Some("not run: kill9".to_owned()));
    }
}
