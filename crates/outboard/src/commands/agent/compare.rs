//! The same task both ways, beside each other.

use super::session::{Ran, Session};
use super::show::code;
use super::watch::harmless;
use crate::failure::Failure;
use crate::output;
use comfy_table::{CellAlignment, Table, presets};
use outboard_agent::{Entry, Mode};
use serde_json::{Value, json};
use std::process::ExitCode;

pub(super) async fn run(session: &Session<'_>, task: &str) -> Result<ExitCode, Failure> {
    session
        .watch
        .say("the task is done twice, first by direct calls, then by programs: what it changes, it changes twice");
    let mut runs = Vec::new();
    for mode in [Mode::Direct, Mode::Code] {
        session.watch.say(&format!("{mode} …"));
        let mut conversation = session.begin(mode);
        conversation.entries.push(Entry::user(task));
        runs.push(session.run(conversation, None).await?);
    }
    let answered = runs.iter().all(|ran| ran.answer().is_some());
    if session.json {
        output::json(&as_json(&runs));
    } else {
        output::data(&table(&runs));
        for ran in &runs {
            let said = ran.answer().map(harmless).or_else(|| Some(ran.failure()?.message().to_owned()));
            output::data(&format!("\n{}: {}", ran.conversation.mode, said.unwrap_or_default().trim_end()));
        }
    }
    Ok(code(answered))
}

/// What the second way saved of the first's tokens, in per cent.
fn saving(runs: &[Ran]) -> Option<f64> {
    let [direct, other] = runs else { return None };
    let (direct, other) = (direct.conversation.spent.usage.total(), other.conversation.spent.usage.total());
    (direct > 0).then(|| (1_000.0 * (1.0 - other as f64 / direct as f64)).round() / 10.0)
}

fn as_json(runs: &[Ran]) -> Value {
    let worst = runs.iter().map(Ran::status).find(|status| *status != "succeeded").unwrap_or("succeeded");
    json!({
        "id": runs.first().map(|ran| ran.conversation.id.clone()),
        "status": worst,
        "mode": "compare",
        "runs": runs.iter().map(Ran::json).collect::<Vec<_>>(),
        "saving_percent": saving(runs),
    })
}

fn table(runs: &[Ran]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["way", "status", "turns", "calls", "read", "cached", "written", "cost", "our count", "time"]);
    for ran in runs {
        let spent = &ran.conversation.spent;
        table.add_row([
            ran.conversation.mode.to_string(),
            ran.status().to_owned(),
            ran.ended.turns.to_string(),
            ran.calls.values().map(|(ok, failed)| ok + failed).sum::<u64>().to_string(),
            spent.usage.input.to_string(),
            spent.usage.cached.to_string(),
            spent.usage.output.to_string(),
            spent.cost_usd.map_or_else(|| "–".to_owned(), |cost| format!("${cost:.4}")),
            ran.ended.ledger.read.to_string(),
            format!("{:.1} s", ran.wall.as_secs_f64()),
        ]);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let saved = saving(runs).map(|saved| format!("\nprograms took {saved} % fewer tokens")).unwrap_or_default();
    format!("{table}{saved}")
}
