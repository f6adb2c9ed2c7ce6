//! The audit log, newest first.

use super::Office;
use crate::commands::audit::search;
use crate::failure::Failure;
use outboard_console::Look;
use outboard_journal::{AuditFilter, AuditLook, AuditPage};
use outboard_types::{ExecutionId, Principal};
use serde_json::{Value, json};

/// Rows of a page, the most, and how many are looked through for a text at once.
const PAGE: usize = 100;
const MOST: usize = 500;
const SEARCHED: usize = 50_000;

pub(super) fn page(office: &Office, look: Look) -> Result<Value, Failure> {
    let Look::Audit { execution, principal, server, tool, decision, text, before, limit } = look else {
        return Err(Failure::usage("no page of the audit log"));
    };
    let limit = limit.unwrap_or(PAGE).clamp(1, MOST);
    let filter = AuditFilter {
        execution: execution.map(|id| ExecutionId(id.into())),
        principal: principal.map(|name| Principal(name.into())),
        server,
        tool,
        decision,
        ..AuditFilter::default()
    };
    if let Some(text) = text {
        let look = AuditLook { before, limit, most: SEARCHED };
        let AuditPage { rows, next, looked_at } =
            search(&office.parts.journal, office.parts.border.as_deref(), &filter, (&text, look))?;
        return Ok(json!({"rows": rows, "next": next, "looked_at": looked_at}));
    }
    let rows = office.parts.journal.audit_before(&filter, before, limit)?;
    let next = (rows.len() == limit).then(|| rows.last().map(|row| row.seq)).flatten();
    Ok(json!({"rows": rows, "next": next, "looked_at": rows.len()}))
}
