//! `outboard estimate`: a month with the configured servers, by direct calls and by programs.

use super::stats::BYTES;
use crate::cli::{self, Cli};
use crate::failure::Failure;
use crate::tokens::O200k;
use crate::{compose, output};
use outboard_config::Settings;
use outboard_journal::{Usage, UsageBy};
use outboard_ledger::{Expected, Forecast, Price, TokenCounter, choose, texts};
use outboard_mcp::client::Upstreams;
use outboard_mcp::server::definitions;
use outboard_types::Principal;
use outboard_types::now_ms;
use serde_json::{Value, json};
use std::process::ExitCode;

const MONTH_MS: u64 = 30 * 86_400_000;

/// What a task is assumed to be where the journal has none.
const ASSUMED: Task = Task { calls: 4.0, arguments: 120.0, result: 4_000.0 };
const ASSUMED_RUNS: u64 = 1_000;

/// The most calls or bytes that a break-even is looked for in.
const MOST: u64 = 1_000_000;

/// A task as it usually is.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Task {
    calls: f64,
    /// Bytes of a call's arguments.
    arguments: f64,
    /// Bytes of a result.
    result: f64,
}

/// Both ways of a task, given the definitions of each.
#[derive(Clone, Copy)]
struct Ways {
    /// Tokens of the servers' definitions.
    theirs: u64,
    /// Tokens of ours.
    ours: u64,
}

pub(super) async fn run(cli: &Cli, args: &cli::Estimate) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    super::first::tell(&settings);
    let prices = super::bench::priced(&settings, args.money.prices.as_deref())?;
    let (model, price) = prices.of(args.money.model.as_deref()).map_err(|error| Failure::usage(error.to_string()))?;
    let catalog = compose::catalog(&settings, &Principal::default())?;
    super::list::ask_all(&catalog.upstreams, false).await;
    let (tools, theirs) = definitions_of(&catalog.upstreams);
    catalog.upstreams.shutdown().await;
    let ways = Ways { theirs, ours: definitions().iter().map(|tool| O200k.count(&shown(tool))).sum() };
    let (task, past) = usual(&settings)?;
    let runs = args.runs.or(past).unwrap_or(ASSUMED_RUNS);
    let told = told(ways, task, runs, &price, past.is_none());
    if args.json {
        let about = json!({"model": model, "tools": tools});
        output::json(&merged(about, told));
    } else {
        output::data(&text(&told, tools, model));
    }
    Ok(ExitCode::SUCCESS)
}

/// The text of a definition, under the tool's own name.
fn shown(tool: &Value) -> String {
    texts::definition(tool["name"].as_str().unwrap_or_default(), tool)
}

/// How many tools the servers have, and the tokens of their definitions.
fn definitions_of(upstreams: &Upstreams) -> (usize, u64) {
    let (listings, missing) = upstreams.cached_listings();
    missing.iter().for_each(|server| output::talk(&format!("{server} could not be listed and is left out")));
    let tools = listings.iter().flat_map(|listing| &listing.tools);
    let tools: Vec<Value> = tools.filter_map(|raw| serde_json::from_str(raw.get()).ok()).collect();
    (tools.len(), tools.iter().map(|tool| O200k.count(&shown(tool))).sum())
}

/// The usual task of the last 30 days, and how many there were.
fn usual(settings: &Settings) -> Result<(Task, Option<u64>), Failure> {
    let now = now_ms();
    let within = now.saturating_sub(MONTH_MS)..now.saturating_add(1);
    let rows = compose::journal(settings)?.usage(UsageBy::Principal, within)?;
    Ok(match mean(&rows) {
        Some((task, runs)) => (task, Some(runs)),
        None => (ASSUMED, None),
    })
}

fn mean(rows: &[Usage]) -> Option<(Task, u64)> {
    let sum = |of: fn(&Usage) -> u64| rows.iter().map(of).sum::<u64>();
    let (runs, calls) = (sum(|row| row.executions), sum(|row| row.calls));
    let each = |bytes: u64| bytes as f64 / calls as f64;
    let task = || Task {
        calls: calls as f64 / runs as f64,
        arguments: each(sum(|row| row.arguments_bytes)),
        result: each(sum(|row| row.result_bytes)),
    };
    (runs > 0 && calls > 0).then(|| (task(), runs))
}

impl Ways {
    /// Both forecasts. All calls of a task are taken to be made in one turn, which is the least that direct
    /// calls can take.
    fn of(self, task: Task) -> (Forecast, Forecast) {
        let bytes = BYTES as f64;
        let expected = [Expected {
            calls: (task.calls.round() as u64).max(1),
            together: true,
            arguments: task.arguments / bytes,
            result: task.result / bytes,
        }];
        (Forecast::direct(self.theirs, &expected), Forecast::code(self.ours, &expected))
    }

    /// Whether a program is cheaper.
    fn pays(self, task: Task) -> bool {
        let (direct, code) = self.of(task);
        choose(&direct, &code) == outboard_ledger::Way::Code
    }

    /// The smallest number from which on a program is cheaper, as a search by halves finds it.
    fn break_even(self, task: impl Fn(u64) -> Task) -> Option<u64> {
        let (mut low, mut high) = (1, MOST);
        if !self.pays(task(high)) {
            return None;
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if self.pays(task(middle)) { high = middle } else { low = middle + 1 }
        }
        Some(low)
    }
}

fn told(ways: Ways, task: Task, runs: u64, price: &Price, assumed: bool) -> Value {
    let (direct, code) = ways.of(task);
    let month = |forecast: &Forecast| {
        json!({
            "tokens": forecast.bill.total().saturating_mul(runs),
            "cost_usd": price.cached(&forecast.bill) * runs as f64,
            "cost_uncached_usd": price.uncached(&forecast.bill) * runs as f64,
        })
    };
    json!({
        "runs": runs,
        "assumed": assumed,
        "task": {"calls": task.calls, "arguments_bytes": task.arguments, "result_bytes": task.result},
        "definitions": {"direct": ways.theirs, "code": ways.ours},
        "direct": month(&direct),
        "code": month(&code),
        "break_even": {
            "calls": ways.break_even(|calls| Task { calls: calls as f64, ..task }),
            "result_bytes": ways.break_even(|bytes| Task { result: bytes as f64, ..task }),
        },
    })
}

fn merged(mut about: Value, told: Value) -> Value {
    if let (Some(about), Value::Object(told)) = (about.as_object_mut(), told) {
        about.extend(told);
    }
    about
}

fn text(told: &Value, tools: usize, model: &str) -> String {
    let cost = |way: &str| {
        let (cached, not) = (&told[way]["cost_usd"], &told[way]["cost_uncached_usd"]);
        let amount = |value: &Value| value.as_f64().unwrap_or_default();
        format!("{} tokens billed, ${:.2} (${:.2} without a cache)", told[way]["tokens"], amount(cached), amount(not))
    };
    let rounded = |value: &Value| value.as_f64().unwrap_or_default().round();
    let task = &told["task"];
    let from = if told["assumed"] == true { "assumed, for the journal has none" } else { "as in the last 30 days" };
    let even = |key: &str, unit: &str| match told["break_even"][key].as_u64() {
        Some(1) => format!("always, whatever the {unit}"),
        Some(number) => format!("from {number} {unit} on"),
        None => format!("never, whatever the {unit}"),
    };
    format!(
        "{tools} tools: {} tokens of definitions directly, {} for programs\n\
         a task: {:.1} calls, {} bytes of arguments and {} of results each ({from})\n\
         {} tasks a month, {model}\n  direct calls: {}\n  programs:     {}\n\
         a program is cheaper {}, and {}",
        told["definitions"]["direct"],
        told["definitions"]["code"],
        task["calls"].as_f64().unwrap_or_default(),
        rounded(&task["arguments_bytes"]),
        rounded(&task["result_bytes"]),
        told["runs"],
        cost("direct"),
        cost("code"),
        even("calls", "calls of this size"),
        even("result_bytes", "bytes a result"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Task = Task { calls: 2.0, arguments: 80.0, result: 200.0 };

    #[test]
    fn a_break_even_lies_between_what_pays_and_what_does_not() {
        let ways = Ways { theirs: 300, ours: 450 };
        let bytes = |bytes: u64| Task { result: bytes as f64, ..SMALL };
        let even = ways.break_even(bytes).unwrap();
        assert!(even > 1 && ways.pays(bytes(even)) && !ways.pays(bytes(even - 1)), "{even}");
    }

    #[test]
    fn with_a_large_catalogue_programs_always_pay() {
        assert_eq!(
            Ways { theirs: 100_000, ours: 450 }.break_even(|calls| Task { calls: calls as f64, ..SMALL }),
            Some(1)
        );
    }

    #[test]
    fn the_usual_task_is_the_mean_of_all() {
        assert_eq!(mean(&[]), None);
    }
}
