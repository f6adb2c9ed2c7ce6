//! Direct calls: the model writes every argument and reads every result.
//!
//! Where calls do not depend on each other they are made in one turn, and what has to be computed over results is
//! computed without a mistake: better than models do, so the comparison errs on the side of direct calls.

use super::{ATTEMPTS, Done};
use crate::book::Book;
use crate::client::Answer;
use crate::error::BenchError;
use crate::expression::Names;
use crate::scenario::{Scenario, Step};
use crate::stage::{Call, Tools};
use outboard_ledger::{Expected, Part, texts};
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};

/// A status that never changes must not be asked for for ever.
const REPEATS: usize = 100;

/// Does the task; `given` is what the model has before.
pub(crate) fn play(tools: &mut dyn Tools, scenario: &Scenario, given: Vec<String>) -> Result<Done, BenchError> {
    let mut book = Book::default();
    given.into_iter().for_each(|text| book.add(Part::Definitions, text));
    let mut names = Names::new();
    scenario.input.iter().for_each(|input| names.set("input", input));
    let mut player = Player { tools, names, book, calls: 0, wall: Duration::ZERO, sizes: Vec::new() };
    let played = player.steps(&scenario.direct)?;
    let mut problems: Vec<String> = played.err().into_iter().collect();
    let answer = if problems.is_empty() { player.answer(scenario) } else { Ok(Value::Null) };
    let answer = answer.unwrap_or_else(|problem| {
        problems.push(problem);
        Value::Null
    });
    let Player { book, calls, wall, sizes, .. } = player;
    Ok(Done { book, answer, problems, calls, wall, sizes })
}

/// What the task did to the servers.
pub(crate) fn check(tools: &mut dyn Tools, scenario: &Scenario, answer: &Value) -> Result<Vec<String>, BenchError> {
    let mut problems = Vec::new();
    for check in &scenario.checks {
        let Some((server, tool)) = check.call.split_once('.') else { continue };
        let arguments = check.arguments.clone().unwrap_or_else(|| json!({}));
        let answers = tools.call_all(&[(server.to_owned(), tool.to_owned(), arguments)])?;
        let found = answers.first().map_or(&Value::Null, |answer| &answer.value);
        problems.extend(unheld(&check.holds, found, answer));
    }
    Ok(problems)
}

/// What is wrong, if a check does not hold.
pub(super) fn unheld(holds: &str, result: &Value, answer: &Value) -> Option<String> {
    let mut names = Names::new();
    names.set("result", result);
    names.set("answer", answer);
    match names.holds(holds) {
        Ok(true) => None,
        Ok(false) => Some(format!("at the server, this does not hold: {holds}")),
        Err(problem) => Some(problem),
    }
}

struct Player<'a> {
    tools: &'a mut dyn Tools,
    names: Names,
    book: Book,
    calls: u64,
    wall: Duration,
    sizes: Vec<Expected>,
}

/// Why a task cannot be gone on with; the outer error is one of the benchmark itself.
type Played<T> = Result<Result<T, String>, BenchError>;

macro_rules! go_on {
    ($played:expr) => {
        match $played {
            Ok(value) => value,
            Err(problem) => return Ok(Err(problem)),
        }
    };
}

impl Player<'_> {
    fn steps(&mut self, steps: &[Step]) -> Played<()> {
        for group in steps.chunk_by(|step, _| step.with_next) {
            let mut repeats = 0;
            loop {
                go_on!(self.group(group)?);
                let Some(until) = group.last().and_then(|step| step.until.as_deref()) else { break };
                if go_on!(self.names.holds(until)) {
                    break;
                }
                repeats += 1;
                if repeats >= REPEATS {
                    return Ok(Err(format!("after {REPEATS} times this does not hold: {until}")));
                }
            }
        }
        Ok(Ok(()))
    }

    /// Steps of one turn.
    fn group(&mut self, group: &[Step]) -> Played<()> {
        let mut all: Vec<Call> = Vec::new();
        let mut counts = Vec::new();
        for step in group {
            let calls = go_on!(self.calls_of(step));
            counts.push(calls.len());
            all.extend(calls);
        }
        if all.is_empty() {
            return Ok(Ok(()));
        }
        let mut values = go_on!(self.turn(&all)?).into_iter();
        for (step, count) in group.iter().zip(counts) {
            let own: Vec<Value> = values.by_ref().take(count).collect();
            let value =
                if step.each.is_some() { Value::Array(own) } else { own.into_iter().next().unwrap_or_default() };
            step.keep.iter().for_each(|name| self.names.set(name, &value));
        }
        Ok(Ok(()))
    }

    fn calls_of(&self, step: &Step) -> Result<Vec<Call>, String> {
        let (server, tool) = step.call.split_once('.').ok_or("a call is not written SERVER.TOOL")?;
        let call = |names: &Names| {
            let given = step.arguments.clone().unwrap_or_else(|| json!({}));
            let arguments = if step.literal { given } else { names.filled(&given)? };
            Ok((server.to_owned(), tool.to_owned(), arguments))
        };
        match &step.each {
            Some(each) => self.names.each(each)?.iter().map(call).collect(),
            None => Ok(vec![call(&self.names)?]),
        }
    }

    /// Makes calls in one turn; those that fail are made again in further turns.
    fn turn(&mut self, calls: &[Call]) -> Played<Vec<Value>> {
        let mut values: Vec<Option<Value>> = calls.iter().map(|_| None).collect();
        let mut open: Vec<usize> = (0..calls.len()).collect();
        for attempt in 1.. {
            let now: Vec<Call> = open.iter().map(|at| calls[*at].clone()).collect();
            let answers = self.made(&now)?;
            let mut failed = Vec::new();
            for (at, answer) in open.iter().zip(answers) {
                if answer.failed && attempt == ATTEMPTS {
                    return Ok(Err(format!("{}.{} failed: {}", calls[*at].0, calls[*at].1, answer.shown)));
                }
                if answer.failed { failed.push(*at) } else { values[*at] = Some(answer.value) }
            }
            if failed.is_empty() {
                break;
            }
            open = failed;
        }
        Ok(Ok(values.into_iter().flatten().collect()))
    }

    /// Makes calls, and writes down what a model writes and reads for them.
    fn made(&mut self, calls: &[Call]) -> Result<Vec<Answer>, BenchError> {
        self.book.turn();
        let mut bytes = (0, 0);
        for (server, tool, arguments) in calls {
            let written = texts::call(&self.tools.name(server, tool), arguments);
            bytes.0 += written.len();
            self.book.add(Part::Arguments, written);
        }
        let started = Instant::now();
        let answers = self.tools.call_all(calls)?;
        self.wall += started.elapsed();
        self.calls += calls.len() as u64;
        for answer in &answers {
            bytes.1 += answer.shown.len();
            self.book.add(Part::Results, answer.shown.as_str());
        }
        let mean = |bytes: usize| bytes as f64 / calls.len().max(1) as f64;
        let (arguments, result) = (mean(bytes.0), mean(bytes.1));
        self.sizes.push(Expected { calls: calls.len() as u64, together: true, arguments, result });
        Ok(answers)
    }

    fn answer(&self, scenario: &Scenario) -> Result<Value, String> {
        let field = |(name, expression): (&String, &String)| Ok((name.clone(), self.names.value(expression)?));
        scenario.answer.iter().map(field).collect::<Result<Map<_, _>, String>>().map(Value::Object)
    }
}
