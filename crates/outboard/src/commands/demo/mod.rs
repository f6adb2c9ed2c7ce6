//! `outboard demo`: four workflows on demo servers, each as the chain of direct calls that a model would
//! make and as one program, and what each puts through the model's context.
//!
//! Nothing is assumed: servers are real processes behind real MCP connections, both ways go through the
//! same gateway, and tokens are counted with o200k over the bytes that were exchanged.

mod black_box;
mod direct;
mod program;
mod workflows;

use crate::cli;
use crate::compose::{self, App, Pool};
use crate::failure::Failure;
use crate::output;
use comfy_table::{CellAlignment, Table, presets};
use outboard_config::Settings;
use outboard_ledger::Account;
use outboard_types::{ErrorCode, Principal};
use serde::Serialize;
use std::process::ExitCode;
use std::time::Duration;
use workflows::{WORKFLOWS, Workflow};

/// The servers of the demo.
const SERVERS: [&str; 6] = ["google-drive", "salesforce", "slack", "crm", "logs", "deploys"];

/// What one way of doing a workflow came to.
#[derive(Debug, Clone, Default)]
pub(super) struct Done {
    /// What the model read and wrote.
    account: Account,
    /// Calls to upstream tools.
    calls: u64,
    wall: Duration,
    /// What came out, to see that both ways did the same.
    outcome: String,
}

/// The figures of a way.
#[derive(Serialize)]
struct Cost {
    /// Tokens of tool definitions that the model has to be given.
    definitions: u64,
    /// Tokens that the model wrote: arguments, or the search and the program.
    written: u64,
    /// Tokens that the model read: results, or hits and the report.
    read: u64,
    /// All of these, each once.
    tokens: u64,
    /// Tokens over all turns, with the context anew at each.
    billed: u64,
    /// Answers of the model.
    turns: u64,
    /// Calls to upstream tools.
    calls: u64,
    wall_ms: u64,
    outcome: String,
}

impl From<Done> for Cost {
    fn from(done: Done) -> Self {
        let (tokens, bill) = (done.account.tokens(), done.account.bill());
        Self {
            definitions: tokens.definitions,
            written: bill.output,
            read: tokens.total() - tokens.definitions - bill.output,
            tokens: tokens.total(),
            billed: bill.total(),
            turns: done.account.turns(),
            calls: done.calls,
            wall_ms: done.wall.as_millis() as u64,
            outcome: done.outcome,
        }
    }
}

#[derive(Serialize)]
struct Row {
    workflow: &'static str,
    direct: Cost,
    program: Cost,
    saving_percent: f64,
    same_outcome: bool,
}

pub(super) async fn run(cli: &cli::Cli, args: &cli::Demo) -> Result<ExitCode, Failure> {
    if args.black_box {
        return black_box::run(cli, args).await;
    }
    let state = tempfile::tempdir()?;
    let settings = settings(cli, state.path())?;
    let app = App::open(&settings, &Principal::default(), Pool::None).await?;
    let rows = compare(&app).await;
    app.close().await;
    let rows = rows?;
    if args.json {
        output::json(&serde_json::json!({"counter": "o200k", "workflows": rows}));
    } else {
        output::data(&table(&rows));
        output::data(NOTE);
    }
    let same = rows.iter().all(|row| row.same_outcome);
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

const NOTE: &str = "\
Tokens are o200k, counted over the bytes exchanged with real MCP servers in this run: definitions, what the model
writes, what it reads, each once. Billed is the same over all turns: the context goes to the model anew at each.";

/// Settings as a user would write them, with the demo servers beside this program, and the jail that the user accepts.
fn settings(cli: &cli::Cli, state: &std::path::Path) -> Result<Settings, Failure> {
    let program = std::env::current_exe()?.with_file_name("outboard-demo");
    if !program.exists() {
        return Err(Failure::new(ErrorCode::UpstreamUnavailable, format!("{} is missing", program.display()))
            .hint("releases and `cargo xtask install` bring it; `cargo xtask demo` builds all that the demo needs"));
    }
    let command = toml_string(&program.to_string_lossy());
    let servers = SERVERS.map(|name| format!("[servers.{name}]\ncommand = {command}\nargs = [\"{name}\"]\n"));
    let text = format!("state_dir = {}\n{}", toml_string(&state.to_string_lossy()), servers.join("\n"));
    let file = state.join("outboard.toml");
    std::fs::write(&file, text)?;
    let mut settings = outboard_config::load(Some(&file), state, None, &|_| None)?;
    settings.sandbox.tier_b = compose::settings(cli).is_ok_and(|own| own.sandbox.tier_b);
    Ok(settings)
}

fn toml_string(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

async fn compare(app: &App) -> Result<Vec<Row>, Failure> {
    output::talk("starting six demo servers …");
    app.catalog.surfaces.current().await?;
    let mut rows = Vec::new();
    for workflow in &WORKFLOWS {
        output::talk(&format!("{} …", workflow.name));
        rows.push(row(app, workflow).await?);
    }
    Ok(rows)
}

async fn row(app: &App, workflow: &Workflow) -> Result<Row, Failure> {
    let direct = Cost::from(direct::done(app, workflow).await?);
    let program = Cost::from(program::done(app, workflow).await?);
    let saving_percent = 100.0 * (1.0 - program.tokens as f64 / direct.tokens.max(1) as f64);
    let same_outcome = direct.outcome == program.outcome;
    Ok(Row { workflow: workflow.name, direct, program, saving_percent, same_outcome })
}

fn table(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header([
        "workflow",
        "way",
        "turns",
        "calls",
        "definitions",
        "written",
        "read",
        "tokens",
        "saved",
        "billed",
        "time",
        "outcome",
    ]);
    for row in rows {
        table.add_row(cells(row.workflow, "direct calls", &row.direct, String::new()));
        let name = if row.same_outcome { "" } else { "OUTCOMES DIFFER" };
        table.add_row(cells(name, "one program", &row.program, format!("{:.1} %", row.saving_percent)));
    }
    for column in 2..=10 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

fn cells(name: &str, way: &str, cost: &Cost, saved: String) -> Vec<String> {
    vec![
        name.to_owned(),
        way.to_owned(),
        grouped(cost.turns),
        grouped(cost.calls),
        grouped(cost.definitions),
        grouped(cost.written),
        grouped(cost.read),
        grouped(cost.tokens),
        saved,
        grouped(cost.billed),
        format!("{:.2} s", cost.wall_ms as f64 / 1e3),
        cost.outcome.clone(),
    ]
}

/// 1234567 as 1,234,567.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
