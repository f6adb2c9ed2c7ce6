//! The audit log, newest first.

use super::Office;
use crate::failure::Failure;
use outboard_console::Look;
use outboard_journal::AuditFilter;
use outboard_types::{ExecutionId, Principal};
use serde_json::{Value, json};

/// Rows of a page, and the most.
const PAGE: usize = 100;
const MOST: usize = 500;

pub(super) fn page(office: &Office, look: Look) -> Result<Value, Failure> {
    let Look::Audit { execution, principal, server, tool, decision, before, limit } = look else {
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
    let rows = office.parts.journal.audit_before(&filter, before, limit)?;
    let next = (rows.len() == limit).then(|| rows.last().map(|row| row.seq)).flatten();
    Ok(json!({"rows": rows, "next": next}))
}
