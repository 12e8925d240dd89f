//! The picture in `docs/API.md`: what the rules make of a plan, drawn from what they say.

use std::fmt::Write;
use std::sync::Arc;

use seating::command::{Command, Want};
use seating::event::Event;
use seating::rejection::Rejection;
use seating::seat_layout::spec::Position;
use seating::seat_layout::{Row, RowIndex, SeatIndex, SeatLayout};
use seating::settings::{GapRule, Settings};
use testkit::commands::{best, block_places, buyer, hold, release, wish};
use testkit::rehearsal::Rehearsal;

use super::*;

const PLAN: &str = include_str!("../../../../docs/plans/town_hall.json");
const PICTURE: &str = "docs/plans/town_hall.svg";

/// Draws it anew with `UPDATE_PICTURES=1`.
#[test]
fn the_picture_shows_what_the_rules_say() {
    let drawn = draw();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(PICTURE);
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        std::fs::write(&path, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert_eq!(kept, drawn, "{PICTURE} is not what the rules say any more");
}

fn draw() -> String {
    let prices = ["Stalls", "Side", "Table"].map(|name| (name, Some(inr(1_000))));
    let terms = PlanTerms {
        prices: named(prices),
        ..PlanTerms::default()
    };
    let house = read_plan(PLAN.as_bytes(), &terms).unwrap();
    assert_eq!(house.stage, StageFrom::Plan);
    let stage = house.spec.stage.unwrap();
    let layout = Arc::new(house.layout);
    let pair = best_of(&layout, 2);
    let group = best_of(&layout, 8);
    let stranded = stranded_by(&layout, ["C2", "C4"]);
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 480 390\" font-family=\"sans-serif\" \
         font-size=\"9\">\n<rect width=\"480\" height=\"390\" fill=\"#fff\"/>\n\
         <rect x=\"100\" y=\"20\" width=\"200\" height=\"36\" fill=\"#ddd\"/>\n\
         <text x=\"200\" y=\"34\" text-anchor=\"middle\">Stage</text>\n",
    );
    let (x, y) = point(stage);
    writeln!(svg, "<circle cx=\"{x}\" cy=\"{y}\" r=\"3\" fill=\"#c33\"/>").unwrap();
    near_lines(&mut svg, &layout);
    for row in layout.rows() {
        run(&mut svg, &layout, row);
    }
    for seat in layout.seats() {
        let (x, y) = point(layout.position(seat));
        let (fill, ink) = match seat {
            seat if pair.contains(&seat) => ("#1b5e20", "#fff"),
            seat if group.contains(&seat) => ("#a5d6a7", "#000"),
            seat if stranded.contains(&seat) => ("#c62828", "#fff"),
            seat if ["C2", "C4"].contains(&layout.seat_id(seat)) => ("#9e9e9e", "#fff"),
            _ => ("#eceff1", "#000"),
        };
        let number = layout.seat(seat).number;
        writeln!(
            svg,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"9\" fill=\"{fill}\" stroke=\"#78909c\"/>\
             <text x=\"{x}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"{ink}\">{number}</text>",
            y + 3.0
        )
        .unwrap();
    }
    legend(&mut svg);
    svg.push_str("</svg>\n");
    svg
}

fn legend(svg: &mut String) {
    let legend = [
        ("#1b5e20", "the best two: nearest to the stage, in one run"),
        (
            "#a5d6a7",
            "with them, the best eight: no run has eight, so runs that are neighbours",
        ),
        ("#9e9e9e", "picked by a buyer"),
        ("#c62828", "then stranded: free, with nobody free beside it"),
    ];
    for (at, (fill, text)) in legend.iter().enumerate() {
        let y = 338 + 13 * at;
        writeln!(
            svg,
            "<circle cx=\"14\" cy=\"{y}\" r=\"5\" fill=\"{fill}\"/><text x=\"24\" y=\"{}\">{text}</text>",
            y + 3
        )
        .unwrap();
    }
    let lines = "grey bands are runs, dashed lines join runs that are neighbours";
    writeln!(
        svg,
        "<text x=\"470\" y=\"380\" font-size=\"7\" text-anchor=\"end\">{lines}</text>"
    )
    .unwrap();
}

fn best_of(layout: &Arc<SeatLayout>, quantity: u32) -> Vec<SeatIndex> {
    let mut hall = Rehearsal::open(Arc::clone(layout), Settings::default());
    let wanted = hold(1, buyer(1), Want::BestAvailable(best(quantity)));
    let Ok(Event::Held(held)) = hall.ask(&wanted) else {
        unreachable!("there is room");
    };
    hall.ask(&release(1, buyer(1))).unwrap();
    held.places.seats.to_vec()
}

/// What the strict gap rule says that a pick leaves alone, in a row of which the end is sold.
fn stranded_by(layout: &Arc<SeatLayout>, pick: [&str; 2]) -> Vec<SeatIndex> {
    let settings = Settings {
        gap_rule: GapRule::Strict,
        ..Settings::default()
    };
    let mut hall = Rehearsal::open(Arc::clone(layout), settings);
    let find = |id: &str| layout.find_seat(id).unwrap();
    let sold = ["C8", "C10"].map(|id| find(id).0);
    hall.ask(&Command::Block(block_places(&sold, &[]))).unwrap();
    let picked = seating::places::Places::of_seats(pick.map(find));
    let refused = hall.ask(&Command::Hold(wish(1, buyer(1), Want::Places(picked))));
    let Err(Rejection::StrandedSeat { seats }) = refused else {
        unreachable!("{refused:?}");
    };
    seats
}

/// A band behind the seats of a run.
fn run(svg: &mut String, layout: &SeatLayout, row: &Row) {
    let seats = (0..u32::from(row.seats)).map(|at| layout.position(row.seat(at)));
    let points: Vec<String> = seats
        .map(|seat| {
            let (x, y) = point(seat);
            format!("{x},{y}")
        })
        .collect();
    let points = points.join(" ");
    writeln!(
        svg,
        "<polyline points=\"{points}\" fill=\"none\" stroke=\"#cfd8dc\" stroke-width=\"22\" \
         stroke-linecap=\"round\" stroke-linejoin=\"round\"/>"
    )
    .unwrap();
}

/// A line between the middles of runs that are neighbours.
fn near_lines(svg: &mut String, layout: &SeatLayout) {
    for (at, row) in (0..).zip(layout.rows()) {
        for &near in layout.neighbours(RowIndex(at)) {
            if near.0 > at {
                let (x1, y1) = middle(layout, row);
                let (x2, y2) = middle(layout, layout.row(near));
                writeln!(
                    svg,
                    "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" stroke=\"#90a4ae\" \
                     stroke-dasharray=\"3 3\"/>"
                )
                .unwrap();
            }
        }
    }
}

fn middle(layout: &SeatLayout, row: &Row) -> (f64, f64) {
    point(layout.position(row.seat(u32::from(row.seats) / 2)))
}

fn point(position: Position) -> (f64, f64) {
    (f64::from(position.x) / 100.0, f64::from(position.y) / 100.0)
}
