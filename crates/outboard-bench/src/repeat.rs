//! A task over and over: how long it takes, and what becomes of it when tools fail.

use crate::answer::differences;
use crate::error::BenchError;
use crate::run::{Mode, Repeated, millis};
use crate::scenario::Scenario;
use crate::stage::{Home, Plain, Programs, Served, Tools};
use crate::ways::{Done, Program, call_directly, run_program};
use outboard_ledger::Way;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// Calls that fail on purpose: each so-manieth of a server's, a prime so that it strikes at all places.
pub(crate) const FAULTS: &str = "every:41=error";

/// One way of doing a task, again and again with the same processes.
pub(crate) enum Again<'a> {
    Plain(Plain),
    Direct(Served),
    Program(Served, Program<'a>),
}

impl<'a> Again<'a> {
    pub(crate) fn start(
        programs: &Programs,
        scenario: &Scenario,
        (mode, way): (Mode, Way),
        program: Option<Program<'a>>,
        (home, fault): (&Home, Option<&str>),
    ) -> Result<Self, BenchError> {
        Ok(match (mode, way, program) {
            (Mode::Direct, ..) => Self::Plain(Plain::start(programs, scenario, fault)?),
            (_, Way::Code, Some(program)) => {
                Self::Program(Served::start(programs, scenario, "code", home, fault)?, program)
            }
            _ => Self::Direct(Served::start(programs, scenario, "direct", home, fault)?),
        })
    }

    /// What a model has before it begins.
    pub(crate) fn given(&mut self) -> Result<Vec<String>, BenchError> {
        match self {
            Self::Plain(tools) => tools.given(),
            Self::Direct(served) | Self::Program(served, _) => served.given(),
        }
    }

    pub(crate) fn once(&mut self, scenario: &Scenario, given: Vec<String>) -> Result<Done, BenchError> {
        match self {
            Self::Plain(tools) => call_directly(tools, scenario, given),
            Self::Direct(served) => call_directly(served, scenario, given),
            Self::Program(served, program) => run_program(served, scenario, *program, given),
        }
    }

    /// So many times: the times it took, sorted, and how often it went wrong.
    fn times(
        &mut self,
        scenario: &Scenario,
        expected: &BTreeMap<String, Value>,
        iterations: u64,
    ) -> Result<(Vec<Duration>, u64), BenchError> {
        let (mut times, mut errors) = (Vec::new(), 0);
        for _ in 0..iterations {
            // What a model is given before is no part of the time, and the same every time.
            let done = self.once(scenario, Vec::new())?;
            times.push(done.wall);
            let wrong = !done.problems.is_empty() || !differences(expected, &done.answer).is_empty();
            errors += u64::from(wrong);
        }
        times.sort_unstable();
        Ok((times, errors))
    }
}

/// Measures without faults, then counts errors with them.
pub(crate) fn repeated<'a>(
    mut start: impl FnMut(Option<&str>) -> Result<Again<'a>, BenchError>,
    scenario: &Scenario,
    expected: &BTreeMap<String, Value>,
    iterations: u64,
) -> Result<Repeated, BenchError> {
    // What changes with each repetition, such as the number of a deploy, is no error.
    let (times, _) = start(None)?.times(scenario, expected, iterations)?;
    let (_, errors) = start(Some(FAULTS))?.times(scenario, expected, iterations)?;
    let at = |share: f64| times.get(((times.len() as f64 * share).ceil() as usize).saturating_sub(1));
    let shown = |time: Option<&Duration>| time.map_or(0.0, |time| millis(*time));
    Ok(Repeated {
        iterations,
        p50_ms: shown(at(0.5)),
        p99_ms: shown(at(0.99)),
        errors,
        error_rate: errors as f64 / iterations.max(1) as f64,
    })
}
