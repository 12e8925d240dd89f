//! Is there one order of the operations on a seat that explains everything that was seen?
//!
//! The search of Wing and Gong: of all operations that could come next, because none that is left
//! had ended before they were asked, one is put next and the rest is searched for; what has been
//! searched in vain is remembered, so that no set of done operations is looked at twice in the
//! same state. Operations that only look are put as soon as they fit: they change nothing, so
//! waiting could not help.

use std::collections::HashSet;

/// The hold that somebody's operation asked for, by the operation's number.
pub(super) type Token = usize;

/// One seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Register {
    Free,
    Held(Token),
    Sold(Token),
}

/// What an operation does to a seat, or sees of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Free → held.
    Take(Token),
    /// Held → free.
    Give(Token),
    /// Held → sold.
    Sell(Token),
    /// Stays held.
    Keep(Token),
    /// Is exactly so.
    Is(Register),
}

/// One operation on one seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// It has no effect before this.
    pub(super) invoked: u64,
    /// It has had its effect by then; meaningless when it need not happen.
    pub(super) ended: u64,
    /// False when it may have happened at any time or never.
    pub(super) required: bool,
    pub(super) kind: Kind,
}

/// How far the best order came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stuck {
    /// Required steps in it.
    pub(super) done: usize,
    /// The seat by then.
    pub(super) register: Register,
    /// Steps that had to come next and could not.
    pub(super) left: Vec<Step>,
}

/// Steps named when there is no order.
const LEFT_SHOWN: usize = 6;

/// Finds an order, or says where every order ends.
pub(super) fn search(steps: &[Step]) -> Result<(), Stuck> {
    let mut steps = steps.to_vec();
    steps.sort_by_key(|step| step.invoked);
    let mut search = Search {
        visited: HashSet::new(),
        best: None,
        steps,
    };
    search.run()
}

/// Which steps are done, and what the seat is then.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Position {
    done: Vec<u64>,
    register: Register,
}

struct Search {
    steps: Vec<Step>,
    visited: HashSet<Position>,
    best: Option<(usize, Position)>,
}

impl Search {
    fn run(&mut self) -> Result<(), Stuck> {
        let start = Position {
            done: vec![0; self.steps.len().div_ceil(64)],
            register: Register::Free,
        };
        let mut open = vec![start];
        while let Some(mut position) = open.pop() {
            let mut next = self.candidates(&position);
            while let Some(&look) = next.iter().find(|&&at| self.only_looks(at, &position)) {
                position.mark(look);
                next = self.candidates(&position);
            }
            if self.remember(&position) == 0 {
                return Ok(());
            }
            for at in next {
                let Some(after) = self.steps[at].kind.after(position.register) else {
                    continue;
                };
                let mut further = position.clone();
                further.mark(at);
                further.register = after;
                if self.visited.insert(further.clone()) {
                    open.push(further);
                }
            }
        }
        Err(self.stuck())
    }

    /// Steps that nothing left undone must come before.
    fn candidates(&self, position: &Position) -> Vec<usize> {
        let (mut found, mut limit) = (Vec::new(), u64::MAX);
        for at in position.undone(self.steps.len()) {
            let step = &self.steps[at];
            if step.invoked > limit {
                break;
            }
            if step.required {
                limit = limit.min(step.ended);
            }
            found.push(at);
        }
        found.retain(|&at| self.steps[at].invoked <= limit);
        found
    }

    /// Whether a step fits now and changes nothing.
    fn only_looks(&self, at: usize, position: &Position) -> bool {
        let step = &self.steps[at];
        step.required && step.kind.after(position.register) == Some(position.register)
    }

    /// Required steps that are left; keeps the position with the fewest.
    fn remember(&mut self, position: &Position) -> usize {
        let undone = position.undone(self.steps.len());
        let left = undone.filter(|&at| self.steps[at].required).count();
        if self.best.as_ref().is_none_or(|(least, _)| left < *least) {
            self.best = Some((left, position.clone()));
        }
        left
    }

    fn stuck(&self) -> Stuck {
        let required = self.steps.iter().filter(|step| step.required).count();
        let Some((left, position)) = &self.best else {
            return Stuck {
                done: 0,
                register: Register::Free,
                left: Vec::new(),
            };
        };
        let next = self.candidates(position).into_iter();
        Stuck {
            done: required - left,
            register: position.register,
            left: next.take(LEFT_SHOWN).map(|at| self.steps[at]).collect(),
        }
    }
}

impl Position {
    fn mark(&mut self, at: usize) {
        self.done[at / 64] |= 1 << (at % 64);
    }

    fn undone(&self, steps: usize) -> impl Iterator<Item = usize> {
        let words = self.done.iter().enumerate();
        let bits = words.flat_map(|(word, &done)| Bits(!done).map(move |bit| word * 64 + bit));
        bits.take_while(move |&at| at < steps)
    }
}

/// The places of the ones in a word.
struct Bits(u64);

impl Iterator for Bits {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let bit = self.0.trailing_zeros() as usize;
        self.0 &= self.0 - 1;
        Some(bit)
    }
}

impl Kind {
    /// The seat afterwards, when this can happen to it.
    fn after(self, register: Register) -> Option<Register> {
        let held = |token| register == Register::Held(token);
        match self {
            Self::Take(token) => (register == Register::Free).then_some(Register::Held(token)),
            Self::Give(token) => held(token).then_some(Register::Free),
            Self::Sell(token) => held(token).then_some(Register::Sold(token)),
            Self::Keep(token) => held(token).then_some(register),
            Self::Is(exactly) => (register == exactly).then_some(register),
        }
    }
}
