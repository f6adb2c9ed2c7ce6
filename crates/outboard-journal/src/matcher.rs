//! Compares what a replaying program asks for with what its history holds.

use crate::durable::{Effect, Event, Intent, Value, What};
use crate::history::History;
use crate::keys::CallKey;
use outboard_types::ToolError;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;

/// What a request of a replaying program is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// It was made and answered; deliver the answer when [`Matcher::due`] says so.
    Recorded {
        /// The number of the call.
        call: u64,
        /// The place of its answer among everything delivered.
        order: u64,
        /// The answer.
        outcome: Result<Value, ToolError>,
    },
    /// It was begun, and nobody knows whether it was done.
    InFlight {
        /// What was to be done.
        intent: Box<Intent>,
        /// Whether doing it again is safe; otherwise it is in doubt.
        repeatable: bool,
    },
    /// The history ends here: make the call.
    New,
    /// The program took another way than when it was recorded.
    Mismatch(Box<Mismatch>),
}

/// Where a program left the way that is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The call that the history holds next.
    pub expected: Intent,
    /// The call that the program asked for.
    pub found: CallKey,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expected, found } = self;
        write!(f, "the history expects call {}: {}; the program asked for {found}", expected.number, expected.key)
    }
}

/// The history of one execution, as far as the replay has not used it up.
///
/// A program that is given the same answers in the same order asks, in each of its branches, for the calls
/// that it asked for before. So a call that is not recorded is new once every recorded call of its branch was
/// asked for, and a sign of another way before. Within a branch the order of calls may differ.
#[derive(Debug)]
pub struct Matcher {
    by_key: HashMap<CallKey, Intent>,
    /// Per branch, the calls that were not asked for yet.
    waiting: HashMap<String, BTreeMap<u64, CallKey>>,
    events: VecDeque<Event>,
    answers: HashMap<u64, (u64, Result<Value, ToolError>)>,
}

impl Matcher {
    /// Begins a replay.
    pub fn new(history: History) -> Self {
        let mut waiting = HashMap::<String, BTreeMap<u64, CallKey>>::new();
        for intent in &history.intents {
            waiting.entry(intent.key.branch.clone()).or_default().insert(intent.number, intent.key.clone());
        }
        let answers = history.events.iter().filter_map(|event| match &event.what {
            What::Completed { call, outcome } => Some((*call, (event.order, outcome.clone()))),
            What::Noted { .. } => None,
        });
        let answers = answers.collect();
        let by_key = history.intents.into_iter().map(|intent| (intent.key.clone(), intent)).collect();
        Self { by_key, waiting, events: history.events.into(), answers }
    }

    /// Tells what the program's next request is.
    pub fn request(&mut self, key: &CallKey) -> Match {
        let Some(intent) = self.by_key.remove(key) else {
            return self.expected(&key.branch).map_or(Match::New, |expected| {
                Match::Mismatch(Box::new(Mismatch { expected: expected.clone(), found: key.clone() }))
            });
        };
        if let Some(branch) = self.waiting.get_mut(&key.branch) {
            branch.remove(&intent.number);
        }
        match self.answers.get(&intent.number) {
            Some((order, outcome)) => Match::Recorded { call: intent.number, order: *order, outcome: outcome.clone() },
            None => {
                let repeatable = intent.effect != Effect::Effectful;
                Match::InFlight { intent: Box::new(intent), repeatable }
            }
        }
    }

    /// What the history holds next for a branch.
    fn expected(&self, branch: &str) -> Option<&Intent> {
        let (_, key) = self.waiting.get(branch)?.first_key_value()?;
        self.by_key.get(key)
    }

    /// Takes the next thing to deliver, once the program has asked for it; `None` while it has not.
    ///
    /// Deliver one, let the program go on until it waits again, then ask for the next.
    pub fn due(&mut self) -> Option<Event> {
        let ready = match &self.events.front()?.what {
            What::Completed { call, .. } => !self.is_waiting(*call),
            What::Noted { .. } => true,
        };
        if ready { self.events.pop_front() } else { None }
    }

    fn is_waiting(&self, call: u64) -> bool {
        self.waiting.values().any(|branch| branch.contains_key(&call))
    }

    /// Whether the history holds something that the program has not reached.
    pub fn is_replaying(&self) -> bool {
        !self.events.is_empty() || !self.by_key.is_empty()
    }

    /// The first recorded call that was never asked for: what to show of a program that ended too early.
    pub fn left_over(&self) -> Option<&Intent> {
        self.by_key.values().min_by_key(|intent| intent.number)
    }
}
