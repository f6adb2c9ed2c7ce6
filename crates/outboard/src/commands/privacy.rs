//! `outboard privacy`: what is private, what was kept from a model, and forgetting it.

mod scan;

use crate::cli::{self, Cli, PrivacyAction};
use crate::failure::Failure;
use crate::{compose, output};
use comfy_table::{Table, presets};
use outboard_border::{Border, Notes, Place};
use outboard_config::Settings;
use outboard_journal::AuditEntry;
use outboard_types::{ErrorCode, ExecutionId, Principal, SessionName, now_ms};
use serde_json::json;
use std::process::ExitCode;
use std::sync::Arc;

pub(super) fn run(cli: &Cli, args: &cli::Privacy) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    match &args.action {
        PrivacyAction::Scan { file } => scan::scan(&settings, file.as_deref(), args.json),
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

/// What became a token in an execution, where, and by which rule.
fn report(settings: &Settings, execution: &str, json: bool) -> Result<(), Failure> {
    let journal = compose::journal(settings)?;
    let id = ExecutionId(execution.into());
    let notes = match outboard_execution::privacy_of(&journal, &id) {
        Some(notes) => notes,
        // One that goes on has no notes yet; an id of nothing is an error.
        None => super::executions::known(&journal, execution).map(|_| Notes::default())?,
    };
    if json {
        output::json(&json!({ "id": id, "notes": notes.notes, "more": notes.more }));
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
        (None, Some("-")) => {
            (border.vault().forget_value(scan::read(None)?.trim_end_matches('\n'), now_ms()), "a value")
        }
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
