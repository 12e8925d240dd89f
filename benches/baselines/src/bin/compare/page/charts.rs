//! Pictures of the figures, as SVG. Every axis begins at zero, so that lengths compare as figures do.

use std::path::Path;

use baselines::transactions::Transactions;
use plotters::coord::Shift;
use plotters::coord::ranged1d::SegmentedCoord;
use plotters::coord::types::{RangedCoordf64, RangedCoordu32};
use plotters::prelude::*;

use crate::cell::{BEST, CHECKOUT, Cell, HALF, HOT, Load};
use crate::measure::{Run, millis};
use crate::results::{Results, Spread};
use crate::subject::Subject;

/// A picture and where it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    pub(crate) file: &'static str,
    pub(crate) title: &'static str,
    /// What is counted, and which end of the axis is the good one.
    axis: &'static str,
    /// From the top down.
    bars: Vec<Bar>,
}

/// A subject's median with both ends.
#[derive(Clone, Debug)]
struct Bar {
    subject: Subject,
    spread: Spread,
    /// The median as it is read.
    says: String,
}

/// Figures to the right, subjects upwards.
type Canvas<'a, 'b> =
    ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, SegmentedCoord<RangedCoordu32>>>;

type Drawn = Result<(), Box<dyn std::error::Error>>;

const WIDTH: u32 = 960;
const BAR_HEIGHT: u32 = 34;
const BAR_MARGIN: u32 = 5;
const MARGINS_HEIGHT: u32 = 130;
/// Room for the longest name.
const NAMES_WIDTH: u32 = 290;
/// Of the axis, right of the longest bar: for what it says.
const ROOM_FOR_LABELS: f64 = 0.35;
const CAP_HEIGHT: i32 = 5;
/// An axis that ends before has steps of less than one.
const FEW: f64 = 5.0;

const INK: RGBColor = RGBColor(0x1f, 0x29, 0x33);
const FAINT: RGBColor = RGBColor(0xe4, 0xe7, 0xeb);
const OURS: RGBColor = RGBColor(0x1b, 0x7f, 0x5c);
const OURS_NOT_DURABLE: RGBColor = RGBColor(0x9b, 0xd6, 0xbd);
const THEIRS: RGBColor = RGBColor(0x8a, 0x96, 0xa3);
const THEIRS_FIRST_FREE: RGBColor = RGBColor(0xc9, 0x8f, 0x8f);
const THEIRS_INSIDE: RGBColor = RGBColor(0xc3, 0xb0, 0x8a);

/// The pictures that there are figures for.
pub(crate) fn charts(results: &Results) -> Vec<Chart> {
    let all = [
        Chart {
            file: "whole_house.svg",
            title: "Sales per second, whole house of 50,000 seats, 256 connections",
            axis: "sales per second (more is better)",
            bars: sales(results, HOT),
        },
        Chart {
            file: "best_available.svg",
            title: "Sales per second, best available 2 of 18,000, 256 connections",
            axis: "sales per second (more is better)",
            bars: sales(results, BEST),
        },
        Chart {
            file: "checkout.svg",
            title: "Bookings per second: hold, pay, confirm, 256 connections",
            axis: "bookings per second (more is better)",
            bars: sales(results, CHECKOUT),
        },
        Chart {
            file: "latency_at_half.svg",
            title: "p99 of a sale while each sells half of what it can, whole house",
            axis: "milliseconds (less is better)",
            bars: latencies(results, HALF),
        },
    ];
    all.into_iter().filter(Chart::compares).collect()
}

fn sales(results: &Results, cell: Cell) -> Vec<Bar> {
    let of = |run: &Run| run.report.sales_per_second;
    bars(|subject| {
        let spread = results.spread(subject, cell, of)?;
        Some((spread, grouped(spread.median, 0)))
    })
}

/// With the rate, because a slow design has little to do at half of what it can.
fn latencies(results: &Results, cell: Cell) -> Vec<Bar> {
    debug_assert_eq!(cell.load, Load::OpenHalf);
    let mut bars = bars(|subject| {
        let spread = results.spread(subject, cell, |run| millis(run.report.sale.p99_us))?;
        let rate = results.spread(subject, cell, |run| run.report.sales_per_second)?;
        let rate = grouped(rate.median, 0);
        Some((spread, format!("{:.1} ms at {rate} sales/s", spread.median)))
    });
    bars.reverse();
    bars
}

/// One of every subject that there is a figure of, the longest first.
fn bars(figure: impl Fn(Subject) -> Option<(Spread, String)>) -> Vec<Bar> {
    let of = |subject| {
        let (spread, says) = figure(subject)?;
        Some(Bar {
            subject,
            spread,
            says,
        })
    };
    let mut bars: Vec<Bar> = Subject::all().into_iter().filter_map(of).collect();
    bars.sort_by(|one, other| other.spread.median.total_cmp(&one.spread.median));
    bars
}

/// Draws all of them into a folder.
pub(crate) fn draw(folder: &Path, results: &Results) -> Drawn {
    std::fs::create_dir_all(folder)?;
    charts(results).iter().try_for_each(|chart| {
        let path = folder.join(chart.file);
        chart.draw(&SVGBackend::new(&path, chart.size()).into_drawing_area())
    })
}

impl Chart {
    /// A quick comparison measures some cells without the others.
    fn compares(&self) -> bool {
        let mut subjects = self.bars.iter().map(|one| one.subject);
        subjects.any(|subject| matches!(subject, Subject::Baseline(..)))
    }

    fn size(&self) -> (u32, u32) {
        let count = u32::try_from(self.bars.len()).unwrap_or(u32::MAX);
        (WIDTH, MARGINS_HEIGHT + BAR_HEIGHT.saturating_mul(count))
    }

    fn draw(&self, root: &DrawingArea<SVGBackend<'_>, Shift>) -> Drawn {
        let last = u32::try_from(self.bars.len())?.saturating_sub(1);
        root.fill(&WHITE)?;
        let most = self.bars.iter().map(|one| one.spread.most);
        let most = most.fold(f64::MIN_POSITIVE, f64::max);
        let mut chart = ChartBuilder::on(root)
            .caption(self.title, ("sans-serif", 20).into_font().color(&INK))
            .margin(14)
            .margin_right(24)
            .x_label_area_size(52)
            .y_label_area_size(NAMES_WIDTH)
            .build_cartesian_2d(
                0.0..most * (1.0 + ROOM_FOR_LABELS),
                (0..last).into_segmented(),
            )?;
        let names = |place: &SegmentValue<u32>| match place {
            SegmentValue::CenterOf(place) => self.name(last, *place),
            SegmentValue::Exact(_) | SegmentValue::Last => String::new(),
        };
        let digits = usize::from(most < FEW);
        let (axis, spread) = (self.axis, "bar: median of the rounds, line: least to most");
        chart
            .configure_mesh()
            .disable_y_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(FAINT)
            .axis_style(INK)
            .x_desc(format!("{axis}; {spread}"))
            .x_labels(8)
            .x_label_formatter(&|figure| grouped(*figure, digits))
            .y_labels(self.bars.len())
            .y_label_formatter(&names)
            .label_style(("sans-serif", 14).into_font().color(&INK))
            .draw()?;
        // The axis counts from below, the bars from above.
        for (one, place) in self.bars.iter().zip((0..=last).rev()) {
            one.draw(place, &mut chart)?;
        }
        root.present()?;
        Ok(())
    }

    /// Whose bar stands at a place of the axis.
    fn name(&self, last: u32, place: u32) -> String {
        let from_above = last.checked_sub(place).and_then(|at| at.try_into().ok());
        let found = from_above.and_then(|at: usize| self.bars.get(at));
        found.map_or_else(String::new, |found| found.subject.to_string())
    }
}

impl Bar {
    fn draw(&self, place: u32, chart: &mut Canvas<'_, '_>) -> Drawn {
        let Spread {
            median,
            least,
            most,
        } = self.spread;
        let corners = [
            (0.0, SegmentValue::Exact(place)),
            (median, SegmentValue::Exact(place + 1)),
        ];
        let mut rectangle = Rectangle::new(corners, color(self.subject).filled());
        rectangle.set_margin(BAR_MARGIN, BAR_MARGIN, 0, 0);
        chart.draw_series([rectangle])?;
        let at = |figure| (figure, SegmentValue::CenterOf(place));
        chart.draw_series([PathElement::new([at(least), at(most)], INK)])?;
        let cap = |figure| {
            let ends = [(0, -CAP_HEIGHT), (0, CAP_HEIGHT)];
            EmptyElement::at(at(figure)) + PathElement::new(ends, INK)
        };
        chart.draw_series([cap(least), cap(most)])?;
        let style = ("sans-serif", 14).into_font().color(&INK);
        let says = Text::new(self.says.clone(), (8, -7), style);
        chart.draw_series([EmptyElement::at(at(most)) + says])?;
        Ok(())
    }
}

const fn color(subject: Subject) -> RGBColor {
    match subject {
        Subject::Fullhouse => OURS,
        Subject::FullhouseMemory => OURS_NOT_DURABLE,
        Subject::Baseline(_, Transactions::Database) => THEIRS_INSIDE,
        Subject::FirstFree(_) => THEIRS_FIRST_FREE,
        Subject::Baseline(_, Transactions::Application) | Subject::ParseOnly => THEIRS,
    }
}

/// A number with its thousands apart.
fn grouped(number: f64, digits: usize) -> String {
    let written = format!("{number:.digits$}");
    let (whole, rest) = written.split_at(written.find('.').unwrap_or(written.len()));
    let mut text = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everybody, from far ahead to nearly nothing.
    fn sample() -> Chart {
        let medians = std::iter::successors(Some(24_125.0), |median| Some(median / 1.45));
        let bars = Subject::all().into_iter().zip(medians);
        let bars = bars.map(|(subject, median)| Bar {
            subject,
            spread: Spread {
                median,
                least: median * 0.7,
                most: median * 1.2,
            },
            says: grouped(median, 0),
        });
        Chart {
            file: "sample.svg",
            title: "Sales per second, whole house of 50,000 seats, 256 connections",
            axis: "sales per second (more is better)",
            bars: bars.collect(),
        }
    }

    #[test]
    fn everybody_is_drawn_with_name_and_figure() {
        let chart = sample();
        let mut drawn = String::new();
        let backend = SVGBackend::with_string(&mut drawn, chart.size());
        chart.draw(&backend.into_drawing_area()).unwrap();
        for one in &chart.bars {
            for text in [one.subject.to_string(), one.says.clone()] {
                assert!(drawn.contains(&format!("\n{text}\n")), "{text}: {drawn}");
            }
        }
        assert_eq!(drawn.matches("<rect").count(), chart.bars.len() + 1);
    }

    #[test]
    fn thousands_stand_apart() {
        let cases = [
            (0.2, "0"),
            (354.0, "354"),
            (1_000.0, "1,000"),
            (1_234_567.8, "1,234,568"),
        ];
        for (number, text) in cases {
            assert_eq!(grouped(number, 0), text);
        }
        assert_eq!(grouped(1_234.56, 1), "1,234.6");
    }
}
