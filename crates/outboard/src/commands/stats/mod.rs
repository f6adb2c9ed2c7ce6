//! `outboard stats`: what was used, what direct calls would have taken, and what is unusual.
//!
//! Tokens are counted while programs run. What was recorded before that, or came faster than it could be counted, is
//! taken for a token every four bytes, and is marked as an estimate.

mod alerts;
mod beside;

use crate::cli::{self, Cli};
use crate::failure::Failure;
use crate::{compose, output};
use beside::Beside;
use comfy_table::{Table, presets};
use outboard_journal::{Usage, UsageBy};
use outboard_ledger::{Bill, Price};
use outboard_types::now_ms;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Alerts that are listed at most.
const ALERTS: usize = 1_000;

/// Bytes of a token, roughly.
pub(super) const BYTES: u64 = 4;

pub(super) fn run(cli: &Cli, args: &cli::Stats) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let span = outboard_config::span(&args.since)
        .ok_or_else(|| Failure::usage(format!("--since {:?} is not a span", args.since)).hint("write 12h or 30d"))?;
    let prices = super::bench::priced(&settings, args.money.prices.as_deref())?;
    let (model, price) = prices.of(args.money.model.as_deref()).map_err(|error| Failure::usage(error.to_string()))?;
    let by = by(&args.by);
    let now = now_ms();
    let within = now.saturating_sub(span.as_millis() as u64)..now.saturating_add(1);
    let journal = compose::journal(&settings)?;
    let alerts = Alerts {
        seen: journal.alerts(within.clone(), ALERTS)?,
        now: alerts::of(&journal, within.clone(), now, &settings.alerts)?,
    };
    if args.alerts {
        alerts.show(args.json);
        return Ok(ExitCode::SUCCESS);
    }
    let rows = journal.usage(by, within.clone())?;
    let beside =
        Beside { models: journal.model_usage(within.clone())?, requests: journal.request_usage(within.clone())? };
    if args.json {
        let counter = counter(&rows, &journal.tokenizers(within)?);
        let rows: Vec<Value> = rows.iter().map(|row| as_json(row, &price)).collect();
        output::json(&json!({
            "by": args.by, "counter": counter, "model": model, "rows": rows, "alerts": alerts.now,
            "seen": alerts.seen, "requests": beside.requests, "models": beside.models,
        }));
        return Ok(ExitCode::SUCCESS);
    }
    match rows.is_empty() {
        true => output::talk("nothing ran in this time"),
        false => output::data(&table(&args.by, by, &rows, &price)),
    }
    beside.show();
    if rows.iter().any(|row| !row.is_exact()) {
        output::talk("~ some of it is an estimate: a token every four bytes");
    }
    alerts.now.iter().for_each(|alert| output::talk(&format!("unusual: {}", alert.text)));
    Ok(ExitCode::SUCCESS)
}

/// What was unusual: as it was told when it happened, and as it looks now.
struct Alerts {
    seen: Vec<outboard_journal::Alert>,
    now: Vec<alerts::Alert>,
}

impl Alerts {
    fn show(&self, json: bool) {
        if json {
            return output::json(&json!({"alerts": self.now, "seen": self.seen}));
        }
        for alert in &self.seen {
            let id = alert.execution.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
            let ago = now_ms().saturating_sub(alert.at_ms) / 60_000;
            output::data(&format!("{ago} min ago: {}{id}", alert.text));
        }
        self.now.iter().for_each(|alert| output::data(&format!("now: {}", alert.text)));
        if self.seen.is_empty() && self.now.is_empty() {
            output::talk("nothing unusual in this time");
        }
    }
}

/// What the figures are: the tokenizer where all are counts, `estimate` where none is, else `mixed`.
fn counter(rows: &[Usage], tokenizers: &[String]) -> String {
    let (texts, counted) = rows.iter().fold((0, 0), |(texts, counted), row| (texts + row.texts, counted + row.counted));
    match counted {
        0 => "estimate".to_owned(),
        counted if counted < texts => "mixed".to_owned(),
        _ => tokenizers.join("+"),
    }
}

fn by(name: &str) -> UsageBy {
    match name {
        "tool" => UsageBy::Tool,
        "session" => UsageBy::Session,
        "principal" => UsageBy::Principal,
        "execution" => UsageBy::Execution,
        _ => UsageBy::Day,
    }
}

/// What the same calls would have put into a model's context if it had made them itself.
fn direct(row: &Usage) -> Bill {
    Bill { fresh: row.arguments + row.results, repeated: 0, output: row.arguments }
}

/// What the programs put there.
fn code(row: &Usage) -> Bill {
    Bill { fresh: row.written + row.read, repeated: 0, output: row.written }
}

fn as_json(row: &Usage, price: &Price) -> Value {
    json!({
        "id": row.of,
        "executions": row.executions,
        "failed": row.failed,
        "calls": row.calls,
        "errors": row.errors,
        "model_wrote": row.written,
        "model_read": row.read,
        "direct_equivalent": direct(row).fresh,
        "cost_usd": price.uncached(&code(row)),
        "direct_cost_usd": price.uncached(&direct(row)),
        "exact": row.is_exact(),
        "texts": row.texts,
        "counted": row.counted,
        "arguments_bytes": row.arguments_bytes,
        "result_bytes": row.result_bytes,
    })
}

fn table(name: &str, by: UsageBy, rows: &[Usage], price: &Price) -> String {
    let mut table = Table::new();
    let first = name.to_uppercase();
    table.load_style(presets::NOTHING);
    table.set_header([
        first.as_str(),
        "EXECUTIONS",
        "FAILED",
        "CALLS",
        "ERRORS",
        "MODEL TOKENS",
        "DIRECT WOULD BE",
        "COST",
        "DIRECT COST",
    ]);
    for row in rows {
        let about = if row.is_exact() { "" } else { "~" };
        // A program's tokens cannot be told apart by the tools that it calls.
        let own = |shown: String| if by == UsageBy::Tool { String::new() } else { shown };
        table.add_row([
            row.of.clone(),
            row.executions.to_string(),
            own(row.failed.to_string()),
            row.calls.to_string(),
            row.errors.to_string(),
            own(format!("{about}{}", row.written + row.read)),
            format!("{about}{}", direct(row).fresh),
            own(format!("${:.4}", price.uncached(&code(row)))),
            format!("${:.4}", price.uncached(&direct(row))),
        ]);
    }
    table.trim_fmt()
}
