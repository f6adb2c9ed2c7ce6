//! Many tasks of one kind, added up by the way in which they were done.

use crate::run::{Mode, Run};
use crate::scenario::Kind;
use serde::Serialize;

/// What one way of doing all tasks of a kind came to.
#[derive(Debug, Clone, Serialize)]
pub struct Sum {
    /// The way.
    pub mode: Mode,
    /// The language of programs; none with direct calls.
    pub language: Option<String>,
    /// Tasks.
    pub tasks: u64,
    /// Those of them that were done right.
    pub right: u64,
    /// Turns of the model.
    pub turns: u64,
    /// Calls of tools.
    pub calls: u64,
    /// Tokens, each text once.
    pub tokens: u64,
    /// Tokens over all turns.
    pub billed: u64,
    /// Time of tools and programs, in milliseconds.
    pub wall_ms: f64,
    /// With the time of the model.
    pub modelled_ms: f64,
    /// Cost with a provider's cache.
    pub cost_usd: f64,
}

/// The runs of a kind, added up by way and language, in the order in which these first come.
pub fn sums(runs: &[Run], kind: Kind) -> Vec<Sum> {
    let mut all: Vec<Sum> = Vec::new();
    for run in runs.iter().filter(|run| run.kind == kind) {
        match all.iter_mut().find(|sum| sum.mode == run.mode && sum.language == run.language) {
            Some(sum) => sum.add(run),
            None => {
                let mut sum = Sum::new(run);
                sum.add(run);
                all.push(sum);
            }
        }
    }
    all
}

impl Sum {
    fn new(run: &Run) -> Self {
        let (mode, language) = (run.mode, run.language.clone());
        let (wall_ms, modelled_ms, cost_usd) = (0.0, 0.0, 0.0);
        let (tasks, right, turns, calls, tokens, billed) = (0, 0, 0, 0, 0, 0);
        Self { mode, language, tasks, right, turns, calls, tokens, billed, wall_ms, modelled_ms, cost_usd }
    }

    fn add(&mut self, run: &Run) {
        self.tasks += 1;
        self.right += u64::from(run.correct);
        self.turns += run.turns;
        self.calls += run.calls;
        self.tokens += run.tokens.total;
        self.billed += run.tokens.billed;
        self.wall_ms += run.wall_ms;
        self.modelled_ms += run.modelled_ms;
        self.cost_usd += run.cost_usd;
    }

    /// Percent of tokens that it saves against another way.
    pub fn saved(&self, direct: &Sum) -> f64 {
        100.0 * (1.0 - self.tokens as f64 / direct.tokens.max(1) as f64)
    }
}
