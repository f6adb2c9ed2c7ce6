//! What the program asked of the network, from the audit log.

use super::Canvas;
use crate::names as n;
use crate::span::{Kind, Span};
use outboard_journal::{AuditFilter, AuditRow, ExecutionRow, Journal, JournalError};
use outboard_types::SpanId;

/// Most requests of one execution that become spans.
const MOST: usize = 1_000;

impl Canvas<'_> {
    pub(super) fn network(
        &self,
        journal: &Journal,
        row: &ExecutionRow,
        root: SpanId,
    ) -> Result<Vec<Span>, JournalError> {
        let filter = AuditFilter {
            execution: Some(self.id.clone()),
            since: Some(row.record.started_ms),
            // A moment more, for what was written at the very end.
            until: row.ending.as_ref().map(|ending| ending.ended_ms + 1_000),
            limit: Some(10 * MOST),
            ..AuditFilter::default()
        };
        let rows = journal.audit_rows(&filter)?;
        let requests = rows.iter().filter(|row| row.entry.kind == "network").take(MOST);
        Ok(requests.map(|row| self.request(row, root)).collect())
    }

    fn request(&self, row: &AuditRow, root: SpanId) -> Span {
        let entry = &row.entry;
        let id = SpanId::of(self.id, &format!("network {}", row.seq));
        let method = entry.tool.as_deref().unwrap_or("CONNECT");
        let mut span = self.span(id, Some(root), method, entry.at_ms * 1_000);
        span.kind = Kind::Client;
        span.end_us += entry.duration_us.unwrap_or(0);
        span.set(n::HTTP_METHOD, method);
        let place = entry.server.as_deref().and_then(|place| place.rsplit_once(':'));
        span.set_some(n::ADDRESS, place.map(|(host, _)| host));
        span.set_some(n::PORT, place.and_then(|(_, port)| port.parse::<u64>().ok()));
        let allowed = entry.decision == "allow";
        span.set(n::DECISION, if allowed { "allow" } else { "deny" });
        match (allowed, entry.outcome.as_deref().map(str::parse::<u64>)) {
            (false, _) => span.fail("network_denied"),
            (true, Some(Ok(status))) => span.set(n::HTTP_STATUS, status),
            (true, Some(Err(_))) => span.fail("network_error"),
            (true, None) => {}
        }
        span
    }
}
