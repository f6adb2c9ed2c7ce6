//! One look at the journal and the saved listings.

use crate::compose::{self, Everything};
use crate::failure::Failure;
use outboard_config::Settings;
use outboard_gateway::ApprovalDesk;
use outboard_gateway::approvals::Question;
use outboard_journal::{Alert, ExecutionRow, Journal, ServerActivity, Status, UnderWay, UsageBy};
use outboard_types::now_ms;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Executions that are shown of those under way, and of those that ended.
const LIVE: usize = 200;
const ENDED: usize = 20;

/// How far back servers, sums and alerts are looked at.
const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// What looks.
pub(super) struct Eyes {
    journal: Journal,
    desk: ApprovalDesk,
    /// The tools of each configured server, where its listing is known.
    servers: BTreeMap<String, Option<usize>>,
}

/// What was seen.
pub(super) struct Snapshot {
    pub(super) at_ms: u64,
    pub(super) live: Vec<UnderWay>,
    /// Each with its calls.
    pub(super) ended: Vec<(ExecutionRow, u64)>,
    pub(super) servers: Vec<Server>,
    pub(super) questions: Vec<Question>,
    pub(super) alerts: Vec<Alert>,
    /// Executions, calls, errors and tokens of the last day.
    pub(super) day: [u64; 4],
}

/// A server, with what it did in the last hour.
pub(super) struct Server {
    pub(super) name: String,
    pub(super) tools: Option<usize>,
    pub(super) activity: Option<ServerActivity>,
}

impl Eyes {
    pub(super) fn new(settings: &Settings, journal: Journal, desk: ApprovalDesk) -> Result<Self, Failure> {
        let catalog = compose::catalog(settings, &Everything)?;
        let (listings, unknown) = catalog.upstreams.cached_listings();
        let known = listings.iter().map(|listing| (listing.server.to_string(), Some(listing.tools.len())));
        let servers = unknown.iter().map(|name| (name.to_string(), None)).chain(known).collect();
        Ok(Self { journal, desk, servers })
    }

    pub(super) fn look(&self) -> Result<Snapshot, Failure> {
        let now = now_ms();
        let ended = self.journal.executions(ENDED)?.into_iter().filter(|row| row.ending.is_some());
        let ended = ended.map(|row| Ok((self.journal.call_count(&row.record.id)?, row)));
        let ended = ended.map(|found: Result<_, Failure>| found.map(|(calls, row)| (row, calls)));
        let ended = ended.collect::<Result<Vec<_>, _>>()?;
        let day = self.journal.usage(UsageBy::Principal, now.saturating_sub(DAY_MS)..now + 1)?;
        let sum = |of: fn(&outboard_journal::Usage) -> u64| day.iter().map(of).sum();
        Ok(Snapshot {
            at_ms: now,
            live: self.journal.under_way(LIVE)?,
            ended,
            servers: self.servers(now)?,
            questions: self.desk.pending().map_err(super::super::approvals::failed)?,
            alerts: self.journal.alerts(now.saturating_sub(DAY_MS)..now + 1, ENDED)?,
            day: [
                sum(|row| row.executions),
                sum(|row| row.calls),
                sum(|row| row.errors),
                sum(|row| row.written + row.read),
            ],
        })
    }

    /// Those that are configured, and those that were called all the same.
    fn servers(&self, now: u64) -> Result<Vec<Server>, Failure> {
        let mut did: BTreeMap<String, ServerActivity> = self
            .journal
            .server_activity(now.saturating_sub(HOUR_MS))?
            .into_iter()
            .map(|one| (one.server.clone(), one))
            .collect();
        let mut all: Vec<Server> = Vec::with_capacity(self.servers.len());
        for (name, tools) in &self.servers {
            all.push(Server { name: name.clone(), tools: *tools, activity: did.remove(name) });
        }
        all.extend(did.into_iter().map(|(name, one)| Server { name, tools: None, activity: Some(one) }));
        Ok(all)
    }
}

impl Snapshot {
    /// What an execution waits for, where it waits.
    pub(super) fn reason(&self, one: &UnderWay) -> Option<String> {
        let id = &one.row.record.id;
        let mut questions = self.questions.iter().filter(|question| question.record.execution == *id);
        match (questions.next(), one.row.status) {
            _ if one.is_left => Some(format!("its process is gone: outboard resume {id}")),
            (Some(Question { record, .. }), _) => {
                let more = questions.count();
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                Some(format!("a person: {}.{}{more} ({})", record.server, record.tool, record.rule))
            }
            (None, Status::Queued) => Some("a worker".to_owned()),
            (None, Status::Suspended) => Some("an answer, without a worker".to_owned()),
            _ => None,
        }
    }

    pub(super) fn json(&self) -> Value {
        let live = self.live.iter().map(|one| {
            let record = &one.row.record;
            json!({
                "id": record.id, "status": one.row.status.as_str(), "language": record.language.as_str(),
                "session": record.session, "principal": record.principal.0, "started_ms": record.started_ms,
                "calls": one.calls, "last_call": one.last_call, "line": one.line, "left": one.is_left,
                "waits_for": self.reason(one),
            })
        });
        let ended = self.ended.iter().map(|(row, calls)| {
            json!({
                "calls": calls,
                "id": row.record.id, "status": row.status.as_str(), "started_ms": row.record.started_ms,
                "ended_ms": row.ending.as_ref().map(|ending| ending.ended_ms),
            })
        });
        let servers = self.servers.iter().map(
            |server| json!({"id": server.name, "server": server.name, "tools": server.tools, "last_hour": server.activity}),
        );
        let [executions, calls, errors, tokens] = self.day;
        json!({
            "at_ms": self.at_ms,
            "live": live.collect::<Vec<_>>(),
            "ended": ended.collect::<Vec<_>>(),
            "servers": servers.collect::<Vec<_>>(),
            "approvals": self.questions.iter().map(super::super::approvals::as_json).collect::<Vec<_>>(),
            "alerts": self.alerts,
            "last_day": {"executions": executions, "calls": calls, "errors": errors, "tokens": tokens},
        })
    }
}
