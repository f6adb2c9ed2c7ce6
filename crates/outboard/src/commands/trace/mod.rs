//! `outboard trace`: what happened in an execution, drawn from the journal, or sent again.

mod draw;
mod follow;

use super::executions::{meant, unknown};
use crate::cli::{self, Cli, TraceAction};
use crate::compose;
use crate::failure::Failure;
use crate::output;
pub(super) use draw::drawing;
use outboard_config::Settings;
use outboard_journal::Journal;
use outboard_telemetry::{SendError, Span, Trace, TreeOptions, Value as Attribute};
use outboard_types::{ErrorCode, ExecutionId};
use serde_json::{Map, Value, json};
use std::process::ExitCode;

pub(super) async fn run(cli: &Cli, args: &cli::Trace) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let journal = compose::journal(&settings)?;
    match (&args.action, &args.id) {
        (Some(TraceAction::Export { id }), _) => export(&settings, &journal, id).await,
        (None, Some(id)) if args.follow => follow::run(&journal, &meant(&journal, id)?, args.json).await,
        (None, Some(id)) => show(&journal, id, args.json),
        (None, None) => Err(Failure::usage("name an execution")),
    }
}

fn show(journal: &Journal, id: &str, json: bool) -> Result<ExitCode, Failure> {
    let id = meant(journal, id)?;
    let trace = drawn(journal, &id)?;
    if json {
        output::json(&as_json(&id, &trace));
    } else {
        output::data(&drawing(&id, &trace));
    }
    Ok(ExitCode::SUCCESS)
}

/// The tree of an id that somebody typed, without content.
fn drawn(journal: &Journal, id: &ExecutionId) -> Result<Trace, Failure> {
    outboard_telemetry::whole(journal, id, &TreeOptions::default())?.ok_or_else(|| unknown(id.as_str()))
}

async fn export(settings: &Settings, journal: &Journal, id: &str) -> Result<ExitCode, Failure> {
    let id = meant(journal, id)?;
    let trace = drawn(journal, &id)?;
    if !trace.ended {
        return Err(Failure::new(ErrorCode::InvalidRequest, format!("{id} is not over"))
            .hint("its trace is sent when it ends; `outboard trace ID` shows it so far"));
    }
    let (options, border) = (compose::sending(settings)?, compose::border(settings)?);
    let sent = outboard_telemetry::resend(&options, &compose::drawn(settings, border), journal, &id).await;
    let sent = sent.map_err(|error| match error {
        SendError::Nowhere => Failure::new(ErrorCode::InvalidSettings, error.to_string())
            .hint("set telemetry.endpoint = \"http://127.0.0.1:4318\" in outboard.toml, or the variable"),
        SendError::Unknown(id) => unknown(id.as_str()),
        SendError::Journal(error) => error.into(),
        other => Failure::new(ErrorCode::UpstreamUnavailable, other.to_string())
            .hint("check telemetry.endpoint and telemetry.headers; the journal keeps the trace, so try again"),
    })?;
    output::data(&format!("{} spans of trace {} sent", sent.spans, sent.trace));
    Ok(ExitCode::SUCCESS)
}

fn as_json(id: &ExecutionId, trace: &Trace) -> Value {
    let first = trace.spans.first();
    json!({
        "id": id,
        "status": first.and_then(|span| span.text("outboard.status")),
        "ended": trace.ended,
        "trace": first.map(|span| span.trace.to_string()),
        "parent": trace.origin.as_ref().map(|origin| origin.parent.to_string()),
        "spans": trace.spans.iter().map(span_json).collect::<Vec<_>>(),
    })
}

fn span_json(span: &Span) -> Value {
    let events = span
        .events
        .iter()
        .map(|event| json!({"name": event.name, "at_us": event.at_us, "attributes": attributes(&event.attributes)}));
    let links = span.links.iter().map(|link| {
        json!({"trace": link.trace.to_string(), "span": link.span.to_string(), "attributes": attributes(&link.attributes)})
    });
    json!({
        "id": span.id.to_string(),
        "parent": span.parent.map(|parent| parent.to_string()),
        "name": span.name,
        "kind": format!("{:?}", span.kind).to_lowercase(),
        "start_us": span.start_us,
        "duration_us": span.end_us.saturating_sub(span.start_us),
        "error": span.failure,
        "attributes": attributes(&span.attributes),
        "events": events.collect::<Vec<_>>(),
        "links": links.collect::<Vec<_>>(),
    })
}

fn attributes(pairs: &[(&'static str, Attribute)]) -> Map<String, Value> {
    let value = |value: &Attribute| match value {
        Attribute::Text(text) => json!(text),
        Attribute::Int(number) => json!(number),
        Attribute::Flag(flag) => json!(flag),
    };
    pairs.iter().map(|(key, found)| ((*key).to_owned(), value(found))).collect()
}
