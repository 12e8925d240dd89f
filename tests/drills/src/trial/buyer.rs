//! One buyer: asks, writes down what happened, asks again.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use crate::api::{self, Api, Ask, Reply, outcome_of, text};
use crate::error::DrillError;
use crate::history::{Action, Answer, History, Operation, Outcome, Ticket, Want};
use crate::trial::plan::Plan;

/// Live holds of one buyer, so that nobody keeps the house to themselves.
const OWN_HOLDS_MAX: usize = 4;
/// How often an unknown outcome is asked for again under its key, attempts that reach nobody
/// included.
const TRIES_MAX: u32 = 2_000;
/// The same once the trial is over, when a server must be there.
const LAST_TRIES_MAX: u32 = 100;
/// Between attempts, and while nobody answers.
const PAUSE: Duration = Duration::from_millis(10);
/// Added to a deadline at once.
const EXTENSION_SECONDS: u32 = 30;

/// A hold that its buyer knows of.
#[derive(Debug)]
struct Own {
    hold: Uuid,
    token: String,
}

/// A buyer at work.
#[derive(Debug)]
pub(crate) struct Buyer {
    number: usize,
    api: Api,
    plan: Plan,
    random: SmallRng,
    notes: History,
    own: Vec<Own>,
    next_sale: Instant,
}

impl Buyer {
    /// Number `number` of those who carry out a plan.
    pub(crate) fn new(number: usize, api: Api, plan: Plan) -> Self {
        let random = SmallRng::seed_from_u64(plan.seed ^ (number as u64) << 32);
        Self {
            number,
            api,
            random,
            notes: History::default(),
            own: Vec::new(),
            next_sale: plan.zero + plan.sale_interval,
            plan,
        }
    }

    /// Buys until told to stop; what was written down.
    pub(crate) async fn run(mut self, stop: watch::Receiver<bool>) -> Result<History, DrillError> {
        while !*stop.borrow() {
            let thought = self.random.random_range(0..=self.plan.think_us_max);
            tokio::time::sleep(Duration::from_micros(thought)).await;
            self.step(&stop).await?;
        }
        Ok(self.notes)
    }

    async fn step(&mut self, stop: &watch::Receiver<bool>) -> Result<(), DrillError> {
        let full = self.own.len() >= OWN_HOLDS_MAX;
        if self.own.is_empty() || (!full && self.random.random_bool(0.55)) {
            return self.hold(stop).await;
        }
        let at = self.random.random_range(0..self.own.len());
        if Instant::now() >= self.next_sale {
            self.next_sale += self.plan.sale_interval;
            self.confirm(at, stop).await;
        } else if self.random.random_bool(0.15) {
            self.extend(at, stop).await;
        } else {
            self.release(at, stop).await;
        }
        Ok(())
    }

    async fn hold(&mut self, stop: &watch::Receiver<bool>) -> Result<(), DrillError> {
        let (person, want) = (Uuid::new_v4(), self.want());
        let ttl_seconds = self.plan.ttl_seconds;
        let mut body = match &want {
            Want::Seats(seats) => json!({"seats": seats}),
            Want::Best(quantity) => json!({"best_available": {"quantity": quantity}}),
        };
        body["ttl_seconds"] = json!(ttl_seconds);
        let token = api::buyer(person)?;
        let ask = Ask {
            method: Method::POST,
            path: "/holds".to_owned(),
            token: token.clone(),
            key: self.key(),
            body: Some(body),
        };
        let action = Action::Hold {
            person,
            want,
            ttl_seconds,
        };
        if let Some(Answer::Held { hold, .. }) = self.carry_out(action, ask, stop).await {
            self.own.push(Own { hold, token });
        }
        Ok(())
    }

    /// Half of the wishes are for the first rows, so that buyers meet.
    fn want(&mut self) -> Want {
        let quantity = self.random.random_range(1..=3);
        if self.random.random_bool(0.2) {
            return Want::Best(quantity);
        }
        let all = self.plan.seats.len();
        let most = if self.random.random_bool(0.5) {
            all.min(24)
        } else {
            all
        };
        let first = self.random.random_range(0..most);
        let wanted = (first..first + quantity).map(|at| self.plan.seats[at % all].clone());
        Want::Seats(wanted.collect())
    }

    async fn release(&mut self, at: usize, stop: &watch::Receiver<bool>) {
        let Own { hold, token } = self.own.swap_remove(at);
        let ask = self.about_hold(Method::DELETE, format!("/holds/{hold}"), token, None);
        self.carry_out(Action::Release { hold }, ask, stop).await;
    }

    async fn extend(&mut self, at: usize, stop: &watch::Receiver<bool>) {
        let (hold, token) = (self.own[at].hold, self.own[at].token.clone());
        let (path, seconds) = (format!("/holds/{hold}/extend"), EXTENSION_SECONDS);
        let body = Some(json!({"seconds": seconds}));
        let ask = self.about_hold(Method::POST, path, token, body);
        self.carry_out(Action::Extend { hold, seconds }, ask, stop)
            .await;
    }

    async fn confirm(&mut self, at: usize, stop: &watch::Receiver<bool>) {
        let Own { hold, .. } = self.own.swap_remove(at);
        let path = format!("/holds/{hold}/confirm");
        let mut ask = self.api.ask(Method::POST, path, Some(json!({})));
        ask.key = self.key();
        self.carry_out(Action::Confirm { hold }, ask, stop).await;
    }

    fn about_hold(
        &mut self,
        method: Method,
        path: String,
        token: String,
        body: Option<Value>,
    ) -> Ask {
        Ask {
            method,
            path,
            token,
            key: self.key(),
            body,
        }
    }

    /// Most people can ask again; for the others an unknown outcome stays unknown.
    fn key(&mut self) -> Option<String> {
        let careful = self.random.random_bool(0.75);
        careful.then(|| format!("{:032x}", self.random.random::<u128>()))
    }

    /// Sends until the outcome is known or cannot be learned, and writes it down.
    async fn carry_out(
        &mut self,
        action: Action,
        ask: Ask,
        stop: &watch::Receiver<bool>,
    ) -> Option<Answer> {
        let invoked_us = self.plan.now_us();
        let (mut attempts, mut last_tries) = (0, 0);
        let mut outcome = None;
        for _ in 0..TRIES_MAX {
            match self.api.send(&ask).await {
                Reply::NeverSent if outcome.is_none() => {
                    // Nobody heard of it, so it is not part of the history.
                    self.notes.never_sent += 1;
                    tokio::time::sleep(PAUSE).await;
                    return None;
                }
                Reply::NeverSent => self.notes.never_sent += 1,
                Reply::Lost(why) => {
                    attempts += 1;
                    outcome = Some(Outcome::Unknown { why });
                }
                Reply::Answered(status, body) => {
                    attempts += 1;
                    let learned = self.learned(&action, status, &body, attempts);
                    let known = !matches!(learned, Outcome::Unknown { .. });
                    let refused = matches!(learned, Outcome::Refused(_));
                    // An earlier attempt may still be on its way to a server, so a refusal of a
                    // later one proves nothing about it.
                    if attempts == 1 || !refused {
                        outcome = Some(learned);
                    }
                    if known {
                        break;
                    }
                }
            }
            last_tries += u32::from(*stop.borrow());
            if ask.key.is_none() || last_tries > LAST_TRIES_MAX {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        let ended_us = self.plan.now_us();
        let outcome = outcome?;
        let answer = match &outcome {
            Outcome::Ok(answer) => Some(answer.clone()),
            Outcome::Refused(_) | Outcome::Unknown { .. } => None,
        };
        self.notes.operations.push(Operation {
            buyer: self.number,
            action,
            invoked_us,
            ended_us,
            attempts,
            outcome,
        });
        if let Some(answer) = &answer
            && ask.key.is_some()
            && self.random.random_bool(0.1)
        {
            self.repeat(&ask, answer).await;
        }
        answer
    }

    /// What one answer says, with a complaint when it says something that it may not.
    fn learned(&mut self, action: &Action, status: u16, body: &Value, attempts: u32) -> Outcome {
        if matches!(status, 200 | 201) {
            if let Some(answer) = answer_of(action, &body["data"]) {
                return Outcome::Ok(answer);
            }
            let complaint = format!("{action:?} was answered {status} with {body}");
            self.notes.complaints.push(complaint);
        }
        let outcome = outcome_of(status, body);
        if let Outcome::Refused(refusal) = &outcome
            && !api::is_expected(refusal)
        {
            let complaint = format!("{action:?} was refused at attempt {attempts}: {refusal:?}");
            self.notes.complaints.push(complaint);
        }
        outcome
    }

    /// The same request under the same key gets the first answer, whoever gives it.
    async fn repeat(&mut self, ask: &Ask, first: &Answer) {
        let Reply::Answered(status, body) = self.api.send(ask).await else {
            return;
        };
        let again = match status {
            200 | 201 => body["data"].clone(),
            503 => return,
            _ => Value::Null,
        };
        self.notes.repeats += 1;
        if !is_same(first, &again) {
            let complaint = format!("{first:?} was answered {status} {body} when asked again");
            self.notes.complaints.push(complaint);
        }
    }
}

/// Reads an answer; `None` when it is not one to this action.
pub(crate) fn answer_of(action: &Action, answer: &Value) -> Option<Answer> {
    let seq = answer["seq"].as_u64()?;
    let hold_of = |key: &str| api::id(&answer[key]);
    match action {
        Action::Hold { .. } => Some(Answer::Held {
            hold: hold_of("hold_id")?,
            seats: seats_of(&answer["seats"])?,
            expires_at: answer["expires_at"].as_str()?.to_owned(),
            seq,
        }),
        Action::Release { hold } => {
            let released = hold_of("hold_id") == Some(*hold) && answer["status"] == "released";
            released.then_some(Answer::Released { seq })
        }
        Action::Extend { hold, .. } => {
            let expires_at = answer["expires_at"].as_str()?.to_owned();
            let mine = hold_of("hold_id") == Some(*hold);
            mine.then_some(Answer::Extended { expires_at, seq })
        }
        Action::Confirm { hold } => {
            let tickets: Option<Vec<Ticket>> = answer["tickets"]
                .as_array()?
                .iter()
                .map(|ticket| {
                    let seat = ticket["seat_id"].as_str()?.to_owned();
                    let id = api::id(&ticket["ticket_id"])?;
                    Some(Ticket { seat, id })
                })
                .collect();
            let booking = api::id(&answer["booking_id"])?;
            let mine = hold_of("hold_id") == Some(*hold);
            let tickets = tickets.filter(|_| mine)?;
            Some(Answer::Sold {
                booking,
                tickets,
                seq,
            })
        }
        Action::Look => api::picture(answer).map(Answer::Seen),
    }
}

fn seats_of(seats: &Value) -> Option<Vec<String>> {
    let ids = seats.as_array()?.iter();
    ids.map(|seat| seat["seat_id"].as_str().map(str::to_owned))
        .collect()
}

/// Whether a repeated answer says what the first one said.
fn is_same(first: &Answer, again: &Value) -> bool {
    let seq_of = |again: &Value| again["seq"].as_u64();
    match first {
        Answer::Held {
            hold,
            seats,
            expires_at,
            seq,
        } => {
            api::id(&again["hold_id"]) == Some(*hold)
                && seats_of(&again["seats"]).as_ref() == Some(seats)
                && text(&again["expires_at"]) == expires_at
                && seq_of(again) == Some(*seq)
        }
        Answer::Released { seq } => seq_of(again) == Some(*seq),
        Answer::Extended { expires_at, seq } => {
            text(&again["expires_at"]) == expires_at && seq_of(again) == Some(*seq)
        }
        Answer::Sold {
            booking,
            tickets,
            seq,
        } => {
            let action = Action::Confirm {
                hold: api::id(&again["hold_id"]).unwrap_or_default(),
            };
            let Some(Answer::Sold {
                booking: booking_again,
                tickets: tickets_again,
                seq: seq_again,
            }) = answer_of(&action, again)
            else {
                return false;
            };
            (*booking, tickets, *seq) == (booking_again, &tickets_again, seq_again)
        }
        Answer::Seen(_) => true,
    }
}
