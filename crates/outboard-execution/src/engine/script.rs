//! What a program asked for and got before, and what of it still has to be given to it again.
//!
//! Requests are recognised by what they ask for and how often, not by their place: calls made side by side
//! may come in another order. Answers are given in the recorded order. Requests that the history does not
//! hold wait until all of it was used; if the program then never asks for the rest of it, it took another
//! way than before.

use outboard_journal::{CallKey, Effect, Event, EventKind, History, Intent, Keys, Match, Matcher, Value, What};
use outboard_types::ToolError;
use std::collections::{HashMap, HashSet};

/// What to do with a request.
pub(super) enum Step {
    /// The answer of the call of this number is recorded and comes when it is due.
    Recorded(u64),
    /// Make the call under this number; its intent may be written down already.
    Make { number: u64, written: bool },
    /// It was under way when its process ended, and doing it again is not safe.
    InDoubt(u64),
    /// Not in the history while there is more of it: ask again later.
    Later,
}

/// Something recorded that the program gets now.
pub(super) struct Due {
    /// The frame that asked.
    pub(super) frame: u64,
    pub(super) at_ms: u64,
    pub(super) outcome: Result<Value, ToolError>,
    /// The call, or none for a timer.
    pub(super) call: Option<u64>,
}

/// One attempt's way through the history.
pub(super) struct Script {
    matcher: Matcher,
    front: Option<Event>,
    /// Recorded calls that the program has asked for, by number: the frame, and the names for the tally.
    asked: HashMap<u64, u64>,
    timers: HashMap<u64, u64>,
    timers_asked: u64,
    requests: u64,
    used: HashSet<u64>,
    keys: Keys,
    resumed: bool,
    timers_done: HashSet<u64>,
}

impl Script {
    /// Begins an attempt over everything recorded so far.
    pub(super) fn new(history: History) -> Self {
        let resumed = !history.events.is_empty() || !history.intents.is_empty();
        let used = history.intents.iter().map(|intent| intent.number).collect();
        let timer = |event: &Event| match &event.what {
            What::Noted { kind: EventKind::Timer, body: Value::Text(number) } => number.parse().ok(),
            _ => None,
        };
        let timers_done = history.events.iter().filter_map(timer).collect();
        Self {
            matcher: Matcher::new(history),
            front: None,
            asked: HashMap::new(),
            timers: HashMap::new(),
            timers_asked: 0,
            requests: 0,
            used,
            keys: Keys::default(),
            resumed,
            timers_done,
        }
    }

    /// Whether anything was recorded before this attempt.
    pub(super) fn was_resumed(&self) -> bool {
        self.resumed
    }

    /// Whether the history holds something that the program has not reached.
    pub(super) fn is_replaying(&self) -> bool {
        self.front.is_some() || self.matcher.is_replaying()
    }

    /// The identity of the program's next request.
    pub(super) fn key(&mut self, server: &str, tool: &str, arguments: &str) -> (CallKey, u64) {
        self.requests += 1;
        (self.keys.next("", server, tool, arguments), self.requests)
    }

    /// Looks a request up. `wanted` is its place among the program's requests, which is its number where
    /// the history does not say otherwise.
    pub(super) fn step(&mut self, frame: u64, key: &CallKey, wanted: u64) -> Step {
        match self.matcher.request(key) {
            Match::Recorded { call, .. } => {
                self.asked.insert(call, frame);
                Step::Recorded(call)
            }
            Match::InFlight { intent, repeatable: true } => Step::Make { number: intent.number, written: true },
            Match::InFlight { intent, .. } => Step::InDoubt(intent.number),
            Match::New if !self.is_replaying() => Step::Make { number: self.number(wanted), written: false },
            Match::New | Match::Mismatch(_) => Step::Later,
        }
    }

    fn number(&mut self, wanted: u64) -> u64 {
        let mut number = wanted;
        while !self.used.insert(number) {
            number += 1;
        }
        number
    }

    /// Numbers a timer; its end may be recorded already.
    pub(super) fn timer(&mut self, frame: u64) -> (u64, bool) {
        self.timers_asked += 1;
        let number = self.timers_asked;
        let done = self.timers_done.contains(&number);
        if done {
            self.timers.insert(number, frame);
        }
        (number, done)
    }

    /// Takes what the program gets next, in the recorded order, as far as it has asked for it.
    pub(super) fn due(&mut self) -> Option<Due> {
        loop {
            let event = self.front.take().or_else(|| self.matcher.due())?;
            let at_ms = event.at_ms;
            match &event.what {
                What::Completed { call, outcome } => {
                    let Some(frame) = self.asked.remove(call) else {
                        self.front = Some(event);
                        return None;
                    };
                    return Some(Due { frame, at_ms, outcome: outcome.clone(), call: Some(*call) });
                }
                What::Noted { kind: EventKind::Timer, body } => {
                    let number = if let Value::Text(text) = body { text.parse().unwrap_or(0) } else { 0 };
                    let Some(frame) = self.timers.remove(&number) else {
                        self.front = Some(event);
                        return None;
                    };
                    return Some(Due { frame, at_ms, outcome: Ok(Value::Text("null".into())), call: None });
                }
                What::Noted { .. } => {}
            }
        }
    }

    /// What the history holds next, for the message about a program that went another way.
    pub(super) fn expected(&self) -> Option<String> {
        let next = self.matcher.left_over().map(|intent| format!("call {}: {}", intent.number, intent.key));
        next.or_else(|| self.front.as_ref().map(|event| format!("the end of a timer or call at place {}", event.order)))
    }
}

/// A new call as it is written down before it leaves.
pub(super) fn intent(
    execution: &outboard_types::ExecutionId,
    number: u64,
    key: CallKey,
    arguments: &str,
    effect: Effect,
    at_ms: u64,
) -> Intent {
    Intent { execution: execution.clone(), number, at_ms, key, arguments: arguments.into(), effect }
}
