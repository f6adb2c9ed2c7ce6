//! An execution as it goes on, in whatever process it runs.

use super::draw::name;
use super::{as_json, drawing, drawn, span_json};
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

/// Shows each span once it is over; at the end the whole.
pub(super) async fn run(journal: &Journal, id: &ExecutionId, json: bool) -> Result<ExitCode, Failure> {
    let (mut shown, mut seen) = (HashSet::new(), None);
    loop {
        let now = journal.changes()?;
        if seen != Some(now) {
            seen = Some(now);
            let trace = drawn(journal, id)?;
            tell(&trace, &mut shown, json);
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

fn line(span: &Span) -> String {
    let took = span.end_us.saturating_sub(span.start_us) as f64 / 1e3;
    let error = span.failure.as_ref().map(|code| format!(" error {code}")).unwrap_or_default();
    format!("{} {took:.1} ms{error}", name(span))
}

fn end(id: &ExecutionId, trace: &Trace, json: bool) {
    if json {
        let whole = as_json(id, trace);
        output::json(&json!({"id": whole["id"], "status": whole["status"], "trace": whole["trace"], "ended": true}));
    } else {
        output::data(&format!("\n{}", drawing(id, trace)));
    }
}
