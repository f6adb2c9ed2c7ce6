//! From facts to numbers.

use super::{Metrics, list as m, lock};
use outboard_journal::{CallRecord, Counted, Ending, ExecutionRecord, Fact, MarkKind};
use outboard_types::{ErrorCode, ExecutionId};

/// Most executions whose beginning is remembered; their durations are missing beyond it.
const REMEMBERED: usize = 100_000;

impl Metrics {
    pub(super) fn count(&self, fact: Fact<'_>) {
        match fact {
            Fact::Began(record) => self.began(record),
            Fact::Ended(id, ending) => self.ended(id, ending),
            Fact::Called(record) => self.called(record),
            Fact::Audited(entry) if entry.kind == "network" => {
                let decision = if entry.decision == "allow" { "allow" } else { "deny" };
                self.0.registry.add(&m::NETWORK, &[decision], 1.0);
            }
            Fact::Audited(_) => {}
            Fact::Marked(mark) => self.marked(&mark.what),
            Fact::Counted(rows) => {
                let count = |row: &Counted| self.0.registry.add(&m::COUNTED, &[row.part.as_str()], row.tokens as f64);
                rows.iter().for_each(count);
            }
        }
    }

    fn began(&self, record: &ExecutionRecord) {
        let mut running = lock(&self.0.running);
        if running.len() < REMEMBERED {
            running.insert(record.id.to_string(), (record.started_ms, record.language.as_str()));
        }
        drop(running);
        self.0.registry.clear(&m::TIER);
        let tier = record.isolation.split([':', ';']).next().unwrap_or_default();
        self.0.registry.set(&m::TIER, &[tier.trim_start_matches("tier ")], 1.0);
    }

    fn ended(&self, id: &ExecutionId, ending: &Ending) {
        let began = lock(&self.0.running).remove(id.as_str());
        let (registry, status) = (&self.0.registry, ending.status.as_str());
        // One that an earlier process began: its language is not known here.
        registry.add(&m::EXECUTIONS, &[status, began.map_or("resumed", |(_, language)| language)], 1.0);
        if let Some((started_ms, _)) = began {
            let took = ending.ended_ms.saturating_sub(started_ms) as f64 / 1_000.0;
            registry.observe(&m::EXECUTION_TIME, &[status], took);
        }
    }

    fn called(&self, call: &CallRecord) {
        let (registry, server) = (&self.0.registry, call.server.as_str());
        let outcome = call.error.map_or("ok", ErrorCode::as_str);
        let kind = call.trace.kind.as_deref();
        // Addresses of resources are no names: they would be too many.
        let tool = if kind.is_none() { call.tool.as_str() } else { "" };
        registry.add(&m::CALLS, &[server, tool, outcome], 1.0);
        let method = crate::tree::method(kind);
        let error = call.error.map_or("", ErrorCode::as_str);
        registry.observe(&m::CALL_TIME, &[method, server, error], call.duration_us as f64 / 1e6);
        if !call.trace.failed.is_empty() {
            registry.add(&m::RETRIES, &[server], call.trace.failed.len() as f64);
        }
        if call.decision == "deny" {
            registry.add(&m::DENIALS, &[server, outcome], 1.0);
        }
        if let Some(asked) = &call.trace.asked {
            registry.add(&m::APPROVALS, &[&call.decision], 1.0);
            registry.observe(&m::APPROVAL_TIME, &[&call.decision], asked.took_us as f64 / 1e6);
        }
    }

    fn marked(&self, what: &MarkKind) {
        let registry = &self.0.registry;
        match what {
            MarkKind::Worker { engine, ready_us, .. } => {
                registry.observe(&m::WORKER_TIME, &[engine], *ready_us as f64 / 1e6);
            }
            MarkKind::Tokens { model_out, model_in, direct_equivalent, bytes } => {
                let saved = direct_equivalent.saturating_sub(model_out + model_in);
                let kinds = [
                    ("model_out", model_out),
                    ("model_in", model_in),
                    ("direct", direct_equivalent),
                    ("saved", &saved),
                ];
                kinds.iter().for_each(|(kind, count)| registry.add(&m::TOKENS, &[kind], **count as f64));
                registry.add(&m::BYTES, &[], *bytes as f64);
            }
            MarkKind::Request { tool, error, .. } => {
                registry.add(&m::REQUESTS, &[tool, error.as_deref().unwrap_or("ok")], 1.0);
            }
            MarkKind::Turn { model, provider, took_us, input, cached, output, ok, .. } => {
                let error = if *ok { "" } else { "model_failed" };
                registry.observe(&m::MODEL_TIME, &["chat", provider, model, error], *took_us as f64 / 1e6);
                for (kind, count) in [("input", input), ("cached", cached), ("output", output)] {
                    registry.add(&m::MODEL_TOKENS, &[model, kind], *count as f64);
                }
            }
            MarkKind::Trace { .. }
            | MarkKind::Preflight { .. }
            | MarkKind::Place { .. }
            | MarkKind::Agent { .. }
            | MarkKind::Private { .. } => {}
        }
    }
}
