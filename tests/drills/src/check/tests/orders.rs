//! Which histories of one seat an order explains.

use crate::check::linear::{Kind, Register, Step, search};

fn step(span: (u64, u64), kind: Kind) -> Step {
    Step {
        invoked: span.0,
        ended: span.1,
        required: true,
        kind,
    }
}

fn perhaps(invoked: u64, kind: Kind) -> Step {
    Step {
        invoked,
        ended: 0,
        required: false,
        kind,
    }
}

#[test]
fn concurrent_operations_may_be_put_in_either_order() {
    let steps = [
        step((0, 10), Kind::Take(1)),
        step((20, 60), Kind::Take(2)),
        step((30, 50), Kind::Give(1)),
        step((70, 80), Kind::Keep(2)),
    ];
    assert_eq!(search(&steps), Ok(()));
    let mut wrong = steps;
    wrong[1].ended = 25;
    assert!(search(&wrong).is_err());
}

#[test]
fn an_unknown_operation_may_explain_what_was_seen_later_or_never_happen() {
    let late = [
        perhaps(5, Kind::Take(1)),
        step((0, 10), Kind::Take(2)),
        step((20, 30), Kind::Give(2)),
        step((40, 50), Kind::Is(Register::Held(1))),
    ];
    assert_eq!(search(&late), Ok(()));
    let never = [
        perhaps(5, Kind::Take(1)),
        step((40, 50), Kind::Is(Register::Free)),
    ];
    assert_eq!(search(&never), Ok(()));
    let early = [
        perhaps(35, Kind::Take(1)),
        step((20, 30), Kind::Is(Register::Held(1))),
    ];
    let stuck = search(&early).unwrap_err();
    assert_eq!((stuck.done, stuck.register), (0, Register::Free));
}

#[test]
fn a_sold_seat_stays_sold() {
    let steps = [
        step((0, 10), Kind::Take(1)),
        step((20, 30), Kind::Sell(1)),
        perhaps(31, Kind::Give(1)),
        step((40, 50), Kind::Take(2)),
    ];
    assert_eq!(search(&steps).unwrap_err().register, Register::Sold(1));
}
