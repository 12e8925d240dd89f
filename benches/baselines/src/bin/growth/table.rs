//! One table as Markdown, and whether its figures allow the sentence under it.

use std::fmt::Write;
use std::path::Path;

use crate::estimates::{Estimate, EstimateError, Unit, three_digits};

/// One table.
pub(crate) struct Table {
    pub(crate) title: &'static str,
    /// The command that makes its figures.
    pub(crate) command: &'static str,
    /// What grows.
    pub(crate) of: &'static str,
    /// How far.
    pub(crate) steps: &'static [u32],
    pub(crate) columns: &'static [Column],
    /// Whether it is flat and, if not, why not.
    pub(crate) meaning: &'static str,
}

/// One measurement, step by step.
pub(crate) struct Column {
    pub(crate) title: &'static str,
    /// The bench, as `group/function`.
    pub(crate) bench: &'static str,
    pub(crate) unit: Unit,
    /// How many times what the first step costs the last one may, if the sentence is true.
    pub(crate) times_max: f64,
}

impl Table {
    /// As Markdown.
    pub(crate) fn render(&self, criterion: &Path) -> Result<String, EstimateError> {
        let titles: Vec<&str> = self.columns.iter().map(|column| column.title).collect();
        let ruler = "--:|".repeat(titles.len());
        let mut text = format!(
            "### {}\n\n`{}`\n\n| {} | {} |\n|--:|{ruler}\n",
            self.title,
            self.command,
            self.of,
            titles.join(" | ")
        );
        let (mut growth, mut denied) = (String::new(), String::new());
        let mut rows: Vec<String> = self.steps.iter().map(|step| row_head(*step)).collect();
        for column in self.columns {
            let measured = self.measured(column, criterion)?;
            for (row, estimate) in rows.iter_mut().zip(&measured) {
                row.push_str(&cell(&estimate.show(column.unit)));
            }
            growth.push_str(&cell(&times(&measured)));
            denied.push_str(&column.denial(&measured));
        }
        for row in rows {
            text.push_str(&row);
            text.push('\n');
        }
        // Writing to a text cannot fail.
        let _written = writeln!(
            text,
            "| cost, last : first |{growth}\n\n{}{denied}",
            self.meaning
        );
        Ok(text)
    }

    fn measured(&self, column: &Column, from: &Path) -> Result<Vec<Estimate>, EstimateError> {
        let bench = from.join(column.bench);
        let steps = self.steps.iter();
        steps
            .map(|step| Estimate::read(&bench.join(step.to_string())))
            .collect()
    }
}

impl Column {
    /// What the figures say against the sentence, their uncertainty granted; nothing if nothing.
    fn denial(&self, measured: &[Estimate]) -> String {
        let [first, .., last] = measured else {
            return String::new();
        };
        let times = last.ratio_at_least(*first);
        if times <= self.times_max {
            return String::new();
        }
        format!(
            "\n\n**not as expected**: {} costs at least × {}, and the sentence allows × {}.",
            self.title,
            three_digits(times),
            three_digits(self.times_max),
        )
    }
}

fn row_head(step: u32) -> String {
    format!("| {step} |")
}

fn cell(text: &str) -> String {
    format!(" {text} |")
}

/// How much more the last step costs than the first.
fn times(measured: &[Estimate]) -> String {
    match measured {
        [first, .., last] => format!("× {}", three_digits(last.ratio(*first))),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_that_deny_the_sentence_are_said_to() {
        let column = Column {
            title: "hold",
            bench: "seat_map/hold",
            unit: Unit::Time,
            times_max: 2.0,
        };
        let first = Estimate::between(90.0, 100.0, 110.0);
        let grown = [first, first, Estimate::between(240.0, 250.0, 260.0)];
        let denial = column.denial(&grown);
        assert!(
            denial.contains("**not as expected**: hold costs at least × 2.18"),
            "{denial}"
        );
        // 2.3 times by the medians, and too uncertain to say more than 2.
        let unsure = [first, Estimate::between(200.0, 230.0, 260.0)];
        assert_eq!(column.denial(&unsure), "");
        assert_eq!(column.denial(&[first]), "");
    }
}
