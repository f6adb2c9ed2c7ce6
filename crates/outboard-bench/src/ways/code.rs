//! One program: the model searches, writes it, and reads a report.

use super::direct::unheld;
use super::{ATTEMPTS, Done};
use crate::book::Book;
use crate::client::Answer;
use crate::error::BenchError;
use crate::scenario::Scenario;
use crate::stage::Served;
use outboard_ledger::{Part, texts};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// What is run.
#[derive(Clone, Copy)]
pub(crate) struct Program<'a> {
    pub(crate) language: &'a str,
    pub(crate) text: &'a str,
}

/// Does the task; `given` is what the model has before.
pub(crate) fn play(
    served: &mut Served,
    scenario: &Scenario,
    program: Program<'_>,
    given: Vec<String>,
) -> Result<Done, BenchError> {
    let mut book = Book::default();
    given.into_iter().for_each(|text| book.add(Part::Definitions, text));
    let mut player = Player { served, book, wall: Duration::ZERO };
    let hits = player.search(scenario, program.language)?;
    let mut problems = unfound(scenario, &hits);
    let (mut calls, mut answer) = (0, Value::Null);
    for attempt in 1..=ATTEMPTS {
        let report = player.run(scenario, program)?;
        calls += calls_of(&report.shown);
        if !report.failed {
            answer = result_of(&report.shown);
            break;
        }
        if attempt == ATTEMPTS {
            problems.push(report.shown.chars().take(600).collect());
        }
    }
    let Player { book, wall, .. } = player;
    Ok(Done { book, answer, problems, calls, wall, sizes: Vec::new() })
}

/// What the task did to the servers.
pub(crate) fn check(served: &mut Served, scenario: &Scenario, answer: &Value) -> Result<Vec<String>, BenchError> {
    let mut problems = Vec::new();
    for check in &scenario.checks {
        let arguments = check.arguments.clone().unwrap_or_else(|| json!({}));
        let found = served.client.call("call_tool", json!({"tool": check.call, "arguments": arguments}))?;
        problems.extend(unheld(&check.holds, &found.value, answer));
    }
    Ok(problems)
}

struct Player<'a> {
    served: &'a mut Served,
    book: Book,
    wall: Duration,
}

impl Player<'_> {
    /// All searches in one turn, and what they show.
    fn search(&mut self, scenario: &Scenario, language: &str) -> Result<String, BenchError> {
        let mut shown = String::new();
        if scenario.search.is_empty() {
            return Ok(shown);
        }
        self.book.turn();
        for search in &scenario.search {
            let mut arguments = json!({"query": search.query});
            search.limit.iter().for_each(|limit| arguments["limit"] = json!(limit));
            if language != "typescript" {
                arguments["language"] = json!(language);
            }
            let hits = self.call("search_tools", arguments, Part::Arguments, Part::Results)?;
            shown.push_str(&hits.shown);
            shown.push('\n');
        }
        Ok(shown)
    }

    /// Runs the program, and waits for it where it takes long.
    fn run(&mut self, scenario: &Scenario, program: Program<'_>) -> Result<Answer, BenchError> {
        self.book.turn();
        let mut arguments = json!({"code": program.text.trim()});
        if program.language != "typescript" {
            arguments["language"] = json!(program.language);
        }
        scenario.input.iter().for_each(|input| arguments["input"] = input.clone());
        scenario.max_tokens.iter().for_each(|most| arguments["max_tokens"] = json!(most));
        let mut report = self.call("run_code", arguments, Part::Code, Part::Reports)?;
        while let Some(id) = report.shown.strip_prefix("running ") {
            let id = id.split_whitespace().next().unwrap_or_default().to_owned();
            self.book.turn();
            report = self.call("wait", json!({"execution": id}), Part::Arguments, Part::Reports)?;
        }
        Ok(report)
    }

    fn call(&mut self, tool: &str, arguments: Value, written: Part, read: Part) -> Result<Answer, BenchError> {
        self.book.add(written, texts::call(tool, &arguments));
        let started = Instant::now();
        let answer = self.served.client.call(tool, arguments)?;
        self.wall += started.elapsed();
        self.book.add(read, answer.shown.as_str());
        Ok(answer)
    }
}

/// Functions that the searches do not show: a model could not have used them.
fn unfound(scenario: &Scenario, hits: &str) -> Vec<String> {
    let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let name = |line: &str| {
        let (server, function) = line.split_once('(')?.0.split_once('.')?;
        Some((plain(server), plain(function)))
    };
    let shown: BTreeSet<_> = hits.lines().filter_map(name).collect();
    let missing = |(server, tool): &(&str, &str)| !shown.contains(&(plain(server), plain(tool)));
    let told = |(server, tool): (&str, &str)| format!("no search shows {server}.{tool}");
    scenario.tools().into_iter().filter(missing).map(told).collect()
}

/// The result as the report has it; what the model does not read does not count.
fn result_of(report: &str) -> Value {
    let line = report.lines().find_map(|line| line.strip_prefix("result: "));
    line.and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default()
}

/// How many calls the report tells of: `a.b ×3, c.d ×1`.
fn calls_of(report: &str) -> u64 {
    let counts = report.split('×').skip(1).map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
    counts.filter_map(|digits| digits?.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_read_as_a_model_reads_them() {
        let report = "succeeded exec_1\nresult: {\"n\":3}\ncalls: a.b ×12, c.d ×1";
        assert_eq!((result_of(report), calls_of(report)), (json!({"n": 3}), 13));
        assert_eq!((result_of("failed x\nerror e: result: 1"), calls_of("failed x")), (Value::Null, 0));
    }
}
