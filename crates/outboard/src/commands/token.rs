//! `outboard token`: who may call this Outboard over HTTP.

use crate::cli::{self, Cli, TokenAction};
use crate::failure::Failure;
use crate::{compose, output};
use comfy_table::{Table, presets};
use outboard_auth::TokenRecord;
use outboard_config::Settings;
use outboard_journal::AuditEntry;
use outboard_types::{ErrorCode, Principal, now_ms};
use serde_json::{Value, json};
use std::process::ExitCode;

pub(super) fn run(cli: &Cli, args: &cli::Token) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    match &args.action {
        TokenAction::Create { principal, expires, name } => {
            create(&settings, principal, expires.as_deref(), name.clone(), args.json)?;
        }
        TokenAction::List => list(&compose::tokens(&settings).list()?, args.json),
        TokenAction::Revoke { id } => revoke(&settings, id)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn create(
    settings: &Settings,
    principal: &str,
    expires: Option<&str>,
    name: Option<String>,
    as_json: bool,
) -> Result<(), Failure> {
    if principal.is_empty() || principal.len() > 200 || principal.chars().any(char::is_control) {
        return Err(Failure::usage("--principal: expected a name of at most 200 characters"));
    }
    let span = |text: &str| {
        let wrong = || Failure::usage(format!("--expires: {text:?} is not a time span; such as 12h or 30d"));
        outboard_config::span(text).map(|span| span.as_secs()).ok_or_else(wrong)
    };
    let issued = compose::tokens(settings).create(principal, name, expires.map(span).transpose()?)?;
    noted(settings, principal, "token_create", &issued.record.id)?;
    if as_json {
        let mut record = as_value(&issued.record);
        record["token"] = json!(issued.token.expose());
        output::json(&record);
    } else {
        output::data(issued.token.expose());
        output::talk(&format!("{} for {principal}; it is not shown again", issued.record.id));
    }
    Ok(())
}

fn revoke(settings: &Settings, id: &str) -> Result<(), Failure> {
    if !compose::tokens(settings).revoke(id)? {
        return Err(Failure::new(ErrorCode::InvalidRequest, format!("no token of the id {id:?} is good"))
            .hint("`outboard token list` shows their ids"));
    }
    noted(settings, "local", "token_revoke", id)?;
    output::talk(&format!("{id} is revoked"));
    Ok(())
}

fn list(all: &[TokenRecord], as_json: bool) {
    if as_json {
        return output::json(&all.iter().map(as_value).collect::<Vec<_>>());
    }
    if all.is_empty() {
        return output::talk("there are no tokens; `outboard token create --principal NAME` makes one");
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["ID", "PRINCIPAL", "STATUS", "NAME"]);
    for record in all {
        table.add_row([&record.id, &record.principal, record.status(), record.name.as_deref().unwrap_or_default()]);
    }
    output::data(&table.trim_fmt());
}

fn as_value(record: &TokenRecord) -> Value {
    json!({
        "id": record.id,
        "principal": record.principal,
        "status": record.status(),
        "name": record.name,
        "created": record.created,
        "expires": record.expires,
    })
}

/// Who was let in, and when, is in the audit log.
pub(super) fn noted(settings: &Settings, principal: &str, kind: &str, decision: &str) -> Result<(), Failure> {
    let journal = compose::journal(settings)?;
    journal.audit(AuditEntry::new(now_ms(), Principal(principal.into()), kind, decision));
    Ok(journal.flush()?)
}
