//! `outboard privacy`: what is private, what was kept from a model, and forgetting it.

use crate::cli::{self, Cli, PrivacyAction};
use crate::failure::Failure;
use crate::{compose, output};
use comfy_table::{Table, presets};
use outboard_border::{Border, Place};
use outboard_config::Settings;
use outboard_journal::AuditEntry;
use outboard_privacy::{Detector, Finding, Hints};
use outboard_types::{ErrorCode, Principal, SessionName, now_ms};
use serde_json::{Value, json};
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

pub(super) fn run(cli: &Cli, args: &cli::Privacy) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    match &args.action {
        PrivacyAction::Scan { file } => scan(&settings, file.as_deref(), args.json),
        PrivacyAction::Report { execution } => report(&settings, execution, args.json),
        PrivacyAction::Sessions => sessions(border(&settings)?.as_ref(), args.json),
        PrivacyAction::Forget { session, value } => forget(&settings, args, session.as_deref(), value.as_deref()),
        PrivacyAction::Reveal { session, token } => reveal(&settings, args, session, token),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn border(settings: &Settings) -> Result<Arc<Border>, Failure> {
    compose::border(settings)?.ok_or_else(|| {
        Failure::new(ErrorCode::InvalidRequest, "privacy is turned off").hint("remove privacy.enabled = false")
    })
}

/// Spans with offsets in characters, of a text, or of the texts in JSON where the input is that.
fn scan(settings: &Settings, file: Option<&Path>, json: bool) -> Result<(), Failure> {
    let detector = Detector::new(&compose::detector(&settings.privacy)?)
        .map_err(|error| Failure::new(ErrorCode::InvalidSettings, error.to_string()))?;
    let text = read(file)?;
    let found: Vec<Value> = match serde_json::from_str::<Value>(&text) {
        Ok(value) if value.is_object() || value.is_array() => in_json(&detector, &value),
        _ => detector.text(&text).iter().map(|finding| span(&text, finding, None)).collect(),
    };
    if json {
        output::json(&found);
        return Ok(());
    }
    for one in &found {
        let place = one["pointer"].as_str().map(|pointer| format!(" in {pointer}")).unwrap_or_default();
        let (kind, rule) = (one["kind"].as_str().unwrap_or_default(), one["rule"].as_str().unwrap_or_default());
        output::data(&format!("{:>8} {:>8} {kind}{place} ({rule})", one["start"], one["end"]));
    }
    Ok(())
}

fn in_json(detector: &Detector, value: &Value) -> Vec<Value> {
    let found = detector.json(value, &Hints::default());
    let one = |found: &outboard_privacy::JsonFinding| {
        let text = match value.pointer(&found.pointer)? {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Some(span(&text, &found.finding, Some(&found.pointer)))
    };
    found.iter().filter_map(one).collect()
}

fn span(text: &str, finding: &Finding, pointer: Option<&str>) -> Value {
    let chars = |end: usize| text.get(..end).map_or(0, |before| before.chars().count());
    // To two places, as rules give it: a single-precision number shows noise beyond.
    let confidence = (f64::from(finding.confidence) * 100.0).round() / 100.0;
    let mut span = json!({
        "start": chars(finding.range.start), "end": chars(finding.range.end), "kind": finding.kind.label(),
        "confidence": confidence, "rule": finding.rule,
    });
    if let Some(pointer) = pointer {
        span["pointer"] = json!(pointer);
    }
    span
}

fn read(file: Option<&Path>) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    match file.filter(|file| *file != Path::new("-")) {
        Some(file) => {
            bytes = std::fs::read(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
        }
        None => drop(std::io::stdin().lock().read_to_end(&mut bytes)?),
    }
    String::from_utf8(bytes).map_err(|_| Failure::usage("the input is not UTF-8 text"))
}

/// What became a token in an execution, where, and by which rule.
fn report(settings: &Settings, execution: &str, json: bool) -> Result<(), Failure> {
    let journal = compose::journal(settings)?;
    let row = super::executions::known(&journal, execution)?;
    let notes = outboard_execution::privacy_of(&journal, &row.record.id).unwrap_or_default();
    if json {
        output::json(&json!({ "id": row.record.id, "notes": notes.notes, "more": notes.more }));
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["TOKEN", "WHERE", "RULE"]);
    for note in &notes.notes {
        table.add_row([&note.token, &note.at, &note.rule]);
    }
    output::data(&table.trim_fmt());
    if notes.more > 0 {
        output::talk(&format!("and {} more", notes.more));
    }
    Ok(())
}

fn sessions(border: &Border, json: bool) -> Result<(), Failure> {
    let rows = border.vault().sessions().map_err(|error| failed(&error))?;
    let named = rows.iter().filter_map(|row| {
        let (session, principal) = row.name.split_once('/')?;
        Some((session, principal, row))
    });
    if json {
        let all = named.map(|(session, principal, row)| {
            json!({"id": session, "principal": principal, "values": row.values, "expires_ms": row.expires_ms})
        });
        output::json(&all.collect::<Vec<_>>());
        return Ok(());
    }
    named
        .for_each(|(session, principal, row)| output::data(&format!("{session} ({principal}): {} values", row.values)));
    Ok(())
}

fn place(args: &cli::Privacy, session: &str) -> Result<Place, Failure> {
    let session = SessionName::new(session).map_err(|error| Failure::usage(error.to_string()))?;
    Ok(Place { principal: Principal(args.principal.as_str().into()), session })
}

fn forget(settings: &Settings, args: &cli::Privacy, session: Option<&str>, value: Option<&str>) -> Result<(), Failure> {
    let border = border(settings)?;
    let (forgotten, what) = match (session, value) {
        (Some(session), None) => (border.forget(&place(args, session)?), "a session"),
        (None, Some("-")) => (border.vault().forget_value(read(None)?.trim_end_matches('\n'), now_ms()), "a value"),
        (None, Some(value)) => (border.vault().forget_value(value, now_ms()), "a value"),
        _ => return Err(Failure::usage("give a session, or --value VALUE")),
    };
    let forgotten = forgotten.map_err(|error| failed(&error))?;
    noted(settings, args, "forget", &format!("{what}: {forgotten} values"))?;
    output::talk(&format!("{forgotten} values forgotten; their tokens stand for nothing from now on"));
    Ok(())
}

/// Shows a value to a person; that somebody looked is in the audit log before it is shown.
fn reveal(settings: &Settings, args: &cli::Privacy, session: &str, token: &str) -> Result<(), Failure> {
    let value = border(settings)?.reveal(&place(args, session)?, token).map_err(Failure::from)?;
    noted(settings, args, "reveal", &format!("{token} of session {session}"))?;
    output::data(&value);
    Ok(())
}

fn noted(settings: &Settings, args: &cli::Privacy, kind: &str, decision: &str) -> Result<(), Failure> {
    let journal = compose::journal(settings)?;
    journal.audit(AuditEntry::new(now_ms(), Principal(args.principal.as_str().into()), kind, decision));
    Ok(journal.flush()?)
}

fn failed(error: &impl std::fmt::Display) -> Failure {
    Failure::new(ErrorCode::Internal, error.to_string())
}
