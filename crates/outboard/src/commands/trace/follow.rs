//! An execution as it goes on, in whatever process it runs.

use super::draw::name;
use super::{as_json, drawing, drawn, span_json};
use crate::commands::executions::known;
use crate::failure::Failure;
use crate::output;
use outboard_journal::Journal;
use outboard_telemetry::{Span, Trace};
use outboard_types::{ExecutionId, SpanId};
use serde_json::json;
use std::collections::HashSet;
use std::process::ExitCode;
use std::time::Duration;

/// How often to look.
const PAUSE: Duration = Duration::from_millis(200);

/// Longest part of a line that is shown, in characters.
const LONGEST: usize = 120;

/// Shows each span once it is over; at the end the whole.
pub(super) async fn run(journal: &Journal, id: &ExecutionId, json: bool) -> Result<ExitCode, Failure> {
    let (mut shown, mut seen, mut place) = (HashSet::new(), None, None);
    loop {
        let now = journal.changes()?;
        if seen != Some(now) {
            seen = Some(now);
            let trace = drawn(journal, id)?;
            tell(&trace, &mut shown, json);
            if let Some(now) = journal.place(id)?.filter(|now| Some(*now) != place && !trace.ended) {
                place = Some(now);
                tell_place(journal, id, now, json)?;
            }
            if trace.ended {
                end(id, &trace, json);
                return Ok(ExitCode::SUCCESS);
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn tell(trace: &Trace, shown: &mut HashSet<SpanId>, json: bool) {
    // The first is the execution itself, which is over last.
    for span in trace.spans.iter().skip(1).filter(|span| shown.insert(span.id)) {
        if json {
            output::json(&span_json(span));
        } else {
            output::data(&line(span));
        }
    }
}

/// Where the program is: the line that made the latest call.
fn tell_place(journal: &Journal, id: &ExecutionId, (call, line): (u64, u32), json: bool) -> Result<(), Failure> {
    if json {
        output::json(&json!({"call": call, "line": line}));
        return Ok(());
    }
    let row = known(journal, id.as_str())?;
    let text = row.record.code.lines().nth((line as usize).saturating_sub(1)).unwrap_or_default().trim();
    let text: String = text.chars().filter(|c| !outboard_catalog::is_hidden(*c)).take(LONGEST).collect();
    output::data(&format!("at line {line}: {text}"));
    Ok(())
}

fn line(span: &Span) -> String {
    let took = span.end_us.saturating_sub(span.start_us) as f64 / 1e3;
    let from = span.number("code.line.number").map(|line| format!(" line {line}")).unwrap_or_default();
    let error = span.failure.as_ref().map(|code| format!(" error {code}")).unwrap_or_default();
    format!("{} {took:.1} ms{from}{error}", name(span))
}

fn end(id: &ExecutionId, trace: &Trace, json: bool) {
    if json {
        let whole = as_json(id, trace);
        output::json(&json!({"id": whole["id"], "status": whole["status"], "trace": whole["trace"], "ended": true}));
    } else {
        output::data(&format!("\n{}", drawing(id, trace)));
    }
}
