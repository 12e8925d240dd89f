//! Pictures of the figures, as SVG.

use std::path::Path;

use plotters::prelude::*;

use crate::cell::{BEST, CHECKOUT, Cell, HALF, HOT, Load};
use crate::measure::{Run, millis};
use crate::results::Results;
use crate::subject::Subject;

/// A picture and where it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    pub(crate) file: &'static str,
    pub(crate) title: &'static str,
    axis: &'static str,
    bars: Vec<(String, f64)>,
}

type Drawn = Result<(), Box<dyn std::error::Error>>;

const WIDTH: u32 = 900;
const BAR_HEIGHT: u32 = 44;
const MARGINS_HEIGHT: u32 = 110;
const OURS: RGBColor = RGBColor(0x1b, 0x7f, 0x5c);
const THEIRS: RGBColor = RGBColor(0x9a, 0xa5, 0xb1);

/// The pictures that there are figures for.
pub(crate) fn charts(results: &Results) -> Vec<Chart> {
    let sales = |run: &Run| run.report.sales_per_second;
    let p99 = |run: &Run| millis(run.report.sale.p99_us);
    let all = [
        Chart {
            file: "whole_house.svg",
            title: "Sales per second, whole house, 256 connections",
            axis: "sales per second (logarithmic)",
            bars: bars(results, HOT, sales),
        },
        Chart {
            file: "best_available.svg",
            title: "Sales per second, best available 2 of 18,000, 256 connections",
            axis: "sales per second (logarithmic)",
            bars: bars(results, BEST, sales),
        },
        Chart {
            file: "checkout.svg",
            title: "Bookings per second, hold, pay, confirm, 256 connections",
            axis: "bookings per second (logarithmic)",
            bars: bars(results, CHECKOUT, sales),
        },
        Chart {
            file: "latency_at_half.svg",
            title: "p99 at half of its own capacity, whole house",
            axis: "milliseconds (logarithmic)",
            bars: bars(results, HALF, p99),
        },
    ];
    all.into_iter()
        .filter(|chart| !chart.bars.is_empty())
        .collect()
}

fn bars(results: &Results, cell: Cell, figure: fn(&Run) -> f64) -> Vec<(String, f64)> {
    let mut bars: Vec<(String, f64)> = Subject::all()
        .into_iter()
        .filter_map(|subject| {
            let spread = results.spread(subject, cell, figure)?;
            Some((subject.to_string(), spread.median))
        })
        .collect();
    bars.sort_by(|one, other| one.1.total_cmp(&other.1));
    // What is worst stands at the bottom.
    if cell.load == Load::OpenHalf {
        bars.reverse();
    }
    bars
}

/// Draws all of them into a folder.
pub(crate) fn draw(folder: &Path, results: &Results) -> Drawn {
    std::fs::create_dir_all(folder)?;
    charts(results)
        .iter()
        .try_for_each(|chart| chart.draw(&folder.join(chart.file)))
}

impl Chart {
    fn draw(&self, path: &Path) -> Drawn {
        let count = u32::try_from(self.bars.len())?;
        let size = (WIDTH, MARGINS_HEIGHT + BAR_HEIGHT * count);
        let root = SVGBackend::new(path, size).into_drawing_area();
        root.fill(&WHITE)?;
        let most = self
            .bars
            .iter()
            .map(|(_, value)| *value)
            .fold(1.0, f64::max);
        let least = self
            .bars
            .iter()
            .map(|(_, value)| *value)
            .fold(most, f64::min);
        let range = ((least / 2.0).max(0.01)..most * 2.0).log_scale();
        let mut chart = ChartBuilder::on(&root)
            .caption(self.title, ("sans-serif", 20))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(190)
            .build_cartesian_2d(range, (0..count).into_segmented())?;
        let names = |at: &SegmentValue<u32>| match at {
            SegmentValue::CenterOf(at) => self.name(*at),
            SegmentValue::Exact(_) | SegmentValue::Last => String::new(),
        };
        chart
            .configure_mesh()
            .disable_y_mesh()
            .x_desc(self.axis)
            .y_labels(self.bars.len())
            .y_label_formatter(&names)
            .label_style(("sans-serif", 14))
            .draw()?;
        let start = (least / 2.0).max(0.01);
        for (at, (name, value)) in (0..).zip(&self.bars) {
            let ours = name.starts_with("fullhouse");
            let color = if ours { OURS } else { THEIRS };
            let corners = [
                (start, SegmentValue::Exact(at)),
                (*value, SegmentValue::Exact(at + 1)),
            ];
            let mut rectangle = Rectangle::new(corners, color.filled());
            rectangle.set_margin(6, 6, 0, 0);
            let text = format!("{value:.digits$}", digits = usize::from(*value < 1_000.0));
            let style = ("sans-serif", 14).into_font().color(&BLACK);
            let label = EmptyElement::at((*value, SegmentValue::CenterOf(at)))
                + Text::new(text, (6, -7), style);
            chart.draw_series([rectangle])?;
            chart.draw_series([label])?;
        }
        root.present()?;
        Ok(())
    }

    fn name(&self, at: u32) -> String {
        let found = usize::try_from(at).ok().and_then(|at| self.bars.get(at));
        found.map_or_else(String::new, |(name, _)| name.clone())
    }
}
