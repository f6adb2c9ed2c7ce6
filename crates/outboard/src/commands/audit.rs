//! `outboard audit`: what was decided and done, and whether anybody changed the record of it.

use crate::cli::{self, AuditAction, Cli};
use crate::failure::Failure;
use crate::{compose, output};
use comfy_table::{Table, presets};
use outboard_border::{Border, Place};
use outboard_journal::{AuditFilter, AuditLook, AuditPage, AuditRow, AuditWords, Journal};
use outboard_types::{ExecutionId, Principal, SessionName};
use std::path::Path;
use std::process::ExitCode;

pub(super) async fn run(cli: &Cli, args: &cli::Audit) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let journal = compose::journal(&settings)?;
    match (&args.action, &args.text) {
        (Some(AuditAction::Verify { key }), _) => verify(&journal, key.as_deref(), args.json),
        (None, Some(text)) => {
            let page = search(&journal, compose::border(&settings)?.as_deref(), &filter(args), (text, look(args)))?;
            show(&page.rows, args.json);
            page.next.iter().for_each(|seq| output::talk(&format!("older rows may fit as well: --before {seq}")));
            Ok(ExitCode::SUCCESS)
        }
        (None, None) => {
            show(&journal.audit_rows(&filter(args))?, args.json);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn filter(args: &cli::Audit) -> AuditFilter {
    AuditFilter {
        execution: args.execution.as_deref().map(|id| ExecutionId(id.into())),
        principal: args.principal.as_deref().map(|name| Principal(name.into())),
        server: args.server.clone(),
        tool: args.tool.clone(),
        decision: args.decision.clone(),
        limit: Some(args.limit),
        ..AuditFilter::default()
    }
}

fn look(args: &cli::Audit) -> AuditLook {
    AuditLook { before: args.before, limit: args.limit, most: usize::MAX }
}

/// Looks for words in what a person may read: tokens stand in the place of private values.
pub(crate) fn search(
    journal: &Journal,
    border: Option<&Border>,
    filter: &AuditFilter,
    (text, look): (&str, AuditLook),
) -> Result<AuditPage, Failure> {
    let words = AuditWords::parse(text)
        .ok_or_else(|| Failure::usage("no text to look for").hint("give one to eight words, 512 bytes in all"))?;
    let shown = |principal: &Principal, session: &SessionName, text: &str| match border {
        Some(border) => {
            let place = Place { principal: principal.clone(), session: session.clone() };
            compose::masked(border, &place, text, "audit")
        }
        None => text.to_owned(),
    };
    Ok(journal.audit_search(filter, &words, look, &shown)?)
}

fn show(rows: &[AuditRow], json: bool) {
    if json {
        rows.iter().for_each(output::json);
    } else if rows.is_empty() {
        output::talk("no audit row fits");
    } else {
        output::data(&table(rows));
    }
}

fn table(rows: &[AuditRow]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["SEQ", "EXECUTION", "CALL", "TOOL", "DECISION", "RULE", "OUTCOME"]);
    for AuditRow { seq, entry, .. } in rows {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        table.add_row([
            seq.to_string(),
            entry.execution.as_ref().map(ToString::to_string).unwrap_or_default(),
            entry.call.map(|call| call.to_string()).unwrap_or_default(),
            format!("{}.{}", text(&entry.server), text(&entry.tool)),
            entry.decision.clone(),
            text(&entry.rule),
            text(&entry.outcome),
        ]);
    }
    table.trim_fmt()
}

fn verify(journal: &Journal, key: Option<&Path>, json: bool) -> Result<ExitCode, Failure> {
    let found = match key {
        None => journal.verify_audit()?,
        Some(file) => {
            let text = std::fs::read_to_string(file);
            let text = text.map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
            journal.verify_audit_with(text.trim())?
        }
    };
    if json {
        output::json(&found);
    } else {
        let sealed = found.sealed_to.map_or("no row".into(), |seq| format!("rows up to {seq}"));
        output::data(&format!("{} rows follow each other; the signed head covers {sealed}", found.rows));
        if let Some(fault) = &found.fault {
            output::data(&format!("TAMPERED at row {}: {}", fault.seq, fault.detail));
        }
    }
    Ok(if found.is_sound() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
