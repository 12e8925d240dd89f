//! Every kind of violation, planted, is found; and nothing is found where nothing is wrong.

mod orders;
mod samples;

use super::check;
use crate::evidence::{Decision, Evidence};
use crate::history::{Action, Answer, History, Outcome, Seen, Want};

use samples::{clean, entry, held_entry, id, operation, refused, ticket, unknown, wish};

/// Asserts that what `plant` does to a clean trial is found and called so.
fn assert_found(called: &str, plant: impl FnOnce(&mut History, &mut Evidence)) {
    let (mut history, mut evidence) = clean();
    plant(&mut history, &mut evidence);
    let summary = check(&history, &evidence);
    let found = format!("{summary:?}");
    assert!(!summary.is_clean(), "nothing was found: {called}");
    assert!(found.contains(called), "{called:?} is not among {found}");
}

#[test]
fn a_clean_trial_is_clean() {
    let (history, evidence) = clean();
    let summary = check(&history, &evidence);
    assert!(summary.is_clean(), "{summary:?}");
    assert_eq!(summary.figure("operations"), 9);
    assert_eq!(summary.figure("unknown not"), 1);
    assert_eq!(summary.figure("seats"), 4);
}

#[test]
fn an_unknown_outcome_may_have_happened_wholly() {
    let (mut history, mut evidence) = clean();
    history.operations[4].outcome = unknown();
    history.operations[5].outcome = unknown();
    evidence.journal.push(held_entry(8, 5, &["D"]));
    evidence.view.seq = 8;
    evidence.view.seats.insert("D".to_owned(), Seen::Reserved);
    let summary = check(&history, &evidence);
    assert!(summary.is_clean(), "{summary:?}");
    assert_eq!(summary.figure("unknown there"), 3);
}

#[test]
fn double_sales_are_found() {
    assert_found("sold twice", |_, evidence| {
        evidence.tickets.push(ticket(8_000, 80, "A"));
    });
    assert_found("entry 8 holds A", |_, evidence| {
        evidence.journal.push(held_entry(8, 9, &["A"]));
    });
    assert_found("was promised to", |history, _| {
        let mut again = history.operations[5].clone();
        if let Outcome::Ok(Answer::Sold { booking, .. }) = &mut again.outcome {
            *booking = id(71);
        }
        history.operations.push(again);
    });
}

#[test]
fn lost_promises_are_found() {
    assert_found("a promised hold is lost", |_, evidence| {
        evidence.journal.truncate(5);
    });
    assert_found("a promise is not kept", |_, evidence| {
        evidence.journal.remove(3);
    });
    assert_found("a promise is not kept", |_, evidence| {
        evidence.journal.remove(4);
    });
    assert_found("a promise is not kept", |_, evidence| {
        evidence.journal.pop();
    });
    assert_found("differs from what was promised", |_, evidence| {
        evidence.journal[1] = held_entry(2, 1, &["A", "D"]);
    });
}

#[test]
fn what_was_refused_or_never_asked_is_found() {
    assert_found("a refused hold is stored", |_, evidence| {
        evidence.journal.push(held_entry(8, 3, &["D"]));
    });
    assert_found("never asked for any", |_, evidence| {
        evidence.journal.push(held_entry(8, 9, &["D"]));
    });
    assert_found("more happened to hold", |history, _| {
        history.operations[4].outcome = refused(&[]);
    });
    assert_found("one request made several holds", |_, evidence| {
        evidence.journal.push(held_entry(8, 4, &["D"]));
        if let Decision::Held { hold_id, .. } = &mut evidence.journal[7].decision {
            *hold_id = id(44);
        }
    });
    assert_found("asked for by nobody", |_, evidence| {
        evidence.journal.push(entry(8, Decision::Unexpected));
    });
}

#[test]
fn half_done_unknown_outcomes_are_found() {
    assert_found("is there in part", |history, evidence| {
        history.operations[7].action = wish(5, &["D", "E"]);
        evidence.journal.push(held_entry(8, 5, &["D"]));
    });
    assert_found("has no tickets", |history, evidence| {
        history.operations[5].outcome = unknown();
        evidence.tickets.clear();
    });
    assert_found("stored, in the journal", |history, evidence| {
        history.operations[5].outcome = unknown();
        evidence.tickets.pop();
    });
    assert_found("not in the table", |history, evidence| {
        history.operations[5].outcome = unknown();
        evidence.bookings.clear();
    });
}

#[test]
fn derived_state_that_differs_is_found() {
    assert_found("was seen Booked after entry 7", |_, evidence| {
        evidence.view.seats.insert("D".to_owned(), Seen::Booked);
    });
    assert_found("the server says that hold", |_, evidence| {
        evidence.holds.insert(id(4), "expired".to_owned());
        evidence.holds.insert(id(2), "held".to_owned());
    });
    assert_found("the audit says", |_, evidence| {
        evidence.differences.push("counts".to_owned());
    });
    assert_found("is for no seat", |_, evidence| {
        evidence.tickets[0].live = false;
    });
    assert_found("is stored, the journal has it", |_, evidence| {
        evidence.bookings[0].state = "pending".to_owned();
    });
}

#[test]
fn a_journal_with_a_gap_or_an_early_expiry_is_found() {
    assert_found("where 2 belongs", |_, evidence| {
        evidence.journal.remove(1);
    });
    assert_found("before 2026-11-20T12:01:30", |_, evidence| {
        let hold_ids = vec![id(4)];
        evidence
            .journal
            .push(entry(8, Decision::Expired { hold_ids }));
    });
}

#[test]
fn pictures_that_a_crash_took_back_are_found() {
    assert_found("entry 9 was seen", |history, _| {
        if let Outcome::Ok(Answer::Seen(view)) = &mut history.operations[2].outcome {
            view.seq = 9;
        }
    });
    assert_found("was the last one seen after", |history, _| {
        let mut late = history.operations[2].clone();
        (late.invoked_us, late.ended_us) = (90, 95);
        if let Outcome::Ok(Answer::Seen(view)) = &mut late.outcome {
            view.seq = 1;
            view.seats = samples::view(&[]);
        }
        history.operations.push(late);
    });
}

#[test]
fn a_seat_refused_while_it_was_free_is_found() {
    assert_found("surely free", |history, _| {
        let late = operation((90, 95), wish(6, &["D"]), refused(&["B"]));
        history.operations.push(late);
        let never = operation((91, 96), wish(8, &["E"]), refused(&["E"]));
        history.operations.push(never);
    });
}

#[test]
fn a_server_that_died_may_have_refused_by_what_died_with_it() {
    let (mut history, evidence) = clean();
    let refusal = operation((1, 5), wish(6, &["D"]), refused(&["D"]));
    history.operations.insert(0, refusal);
    assert!(!check(&history, &evidence).is_clean());
    // Sent twice: it may have had D at first, and A and B from the next server.
    history.operations[1].invoked_us = 0;
    history.operations[1].attempts = 2;
    if let Action::Hold { want, .. } = &mut history.operations[1].action {
        *want = Want::Best(2);
    }
    let summary = check(&history, &evidence);
    assert!(summary.is_clean(), "{summary:?}");
}

#[test]
fn a_deposed_server_may_refuse_what_it_does_not_know_to_be_free() {
    let (mut history, evidence) = clean();
    let late = operation((62, 65), wish(6, &["D"]), refused(&["D"]));
    history.operations.push(late);
    history.astray = 0..1;
    let summary = check(&history, &evidence);
    assert!(summary.is_clean(), "{summary:?}");
    assert_eq!(summary.figure("refused by the deposed"), 0);
    history.operations.retain(|it| it.invoked_us != 62);
    let early = operation((1, 5), wish(6, &["D"]), refused(&["D"]));
    history.operations.insert(0, early);
    let summary = check(&history, &evidence);
    assert!(summary.is_clean(), "{summary:?}");
    assert_eq!(summary.figure("refused by the deposed"), 1);
}

#[test]
fn a_history_that_no_order_explains_is_found() {
    // The server's numbers say that all is well, but C was given to somebody else before it was
    // given back.
    assert_found("no order explains", |history, _| {
        (
            history.operations[6].invoked_us,
            history.operations[6].ended_us,
        ) = (30, 35);
    });
}
