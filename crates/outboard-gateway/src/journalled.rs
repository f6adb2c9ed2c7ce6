//! The journal behind the door's ports: questions, spending, and what is usual.

use crate::approvals::{Answered, ApprovalRecord, ApprovalStatus, ApprovalStore, StoreAnswer, StoreFuture};
use crate::spending::{Money, today};
use crate::{Spending, Usual};
use outboard_journal::{ApprovalFilter, Journal, JournalError, Spend};
use outboard_types::{ExecutionId, Principal, ToolId, now_ms};

/// Milliseconds of a day.
const DAY: u64 = 86_400_000;

impl ApprovalStore for Journal {
    fn open(&self, record: ApprovalRecord) -> StoreFuture<'_, ()> {
        Box::pin(async move { self.open_approval(record).await.map_err(said) })
    }

    fn answer(&self, id: String, answer: StoreAnswer) -> StoreFuture<'_, Answered> {
        Box::pin(async move { self.answer_approval(&id, answer).await.map_err(said) })
    }

    fn get(&self, id: &str) -> Result<Option<ApprovalRecord>, String> {
        self.approval(id).map_err(said)
    }

    fn pending(&self) -> Result<Vec<ApprovalRecord>, String> {
        oldest_first(self, &ApprovalFilter { status: Some(ApprovalStatus::Pending), ..ApprovalFilter::default() })
    }

    fn of_call(&self, execution: &ExecutionId, call: u64) -> Result<Vec<ApprovalRecord>, String> {
        let filter = ApprovalFilter { execution: Some(execution.clone()), ..ApprovalFilter::default() };
        let mut records = oldest_first(self, &filter)?;
        records.retain(|record| record.call == call);
        Ok(records)
    }

    fn changes(&self) -> Result<u64, String> {
        Journal::changes(self).map_err(said)
    }
}

fn oldest_first(journal: &Journal, filter: &ApprovalFilter) -> Result<Vec<ApprovalRecord>, String> {
    let mut records = journal.approvals(filter).map_err(said)?;
    records.reverse();
    Ok(records)
}

impl Spending for Journal {
    fn spent_today(&self, principal: &Principal) -> Result<Money, String> {
        self.spent(principal, today() * DAY).map(Money).map_err(said)
    }

    fn record(&self, principal: &Principal, tool: &ToolId, cost: Money) {
        self.record_spend(Spend {
            principal: principal.clone(),
            at_ms: now_ms(),
            server: tool.server.to_string(),
            tool: tool.tool.to_string(),
            micros: cost.0,
        });
    }
}

impl Usual for Journal {
    fn calls(&self, tool: &ToolId) -> Option<f64> {
        let usual = self.usual_calls(tool.server.as_str(), tool.tool.as_str());
        usual.inspect_err(|error| tracing::warn!(%error, "what is usual cannot be read")).ok().flatten()
    }
}

fn said(error: JournalError) -> String {
    error.to_string()
}
