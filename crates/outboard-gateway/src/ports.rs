//! What the door needs to be told by others.

use crate::spending::Money;
use outboard_catalog::Tool;
use outboard_types::{ErrorCode, ExecutionId, Principal, ToolError, ToolId, ToolResult};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Knows which definitions were accepted.
pub trait Definitions: Send + Sync {
    /// Refuses a tool whose definition is another than the accepted one, with `definition_changed`.
    fn check(&self, tool: &Tool) -> Result<(), ToolError>;
}

/// Accepts every definition; for settings without pins, and for tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unpinned;

impl Definitions for Unpinned {
    fn check(&self, _tool: &Tool) -> Result<(), ToolError> {
        Ok(())
    }
}

/// The error of a pinned definition that changed.
pub fn definition_changed(id: &ToolId, what: &str) -> ToolError {
    ToolError::new(
        ErrorCode::DefinitionChanged,
        format!("the definition of {id} changed since it was accepted: {what}"),
    )
    .on(id)
    .hint("whoever runs Outboard can compare and accept it; until then the tool is not called")
}

/// Reads what calls carried, once they are over. Called where they end, so it must not wait.
pub trait Reader: Send + Sync {
    /// One call: its number in its execution, and its result where it gave one.
    fn call(&self, execution: &ExecutionId, number: u64, arguments: &Arc<RawValue>, result: Option<&ToolResult>);
}

/// Keeps what was spent, beyond the end of the process.
pub trait Spending: Send + Sync {
    /// What the principal spent since midnight UTC.
    fn spent_today(&self, principal: &Principal) -> Result<Money, String>;

    /// Adds what a call cost; may write later, but in order.
    fn record(&self, principal: &Principal, tool: &ToolId, cost: Money);
}

/// Spending that ends with the process; for settings without budgets per day, and for tests.
#[derive(Debug, Default)]
pub struct ForgottenSpending(Mutex<(u64, HashMap<Principal, Money>)>);

impl ForgottenSpending {
    /// Today's sums; those of another day are gone.
    fn today(&self) -> MutexGuard<'_, (u64, HashMap<Principal, Money>)> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let today = crate::spending::today();
        if kept.0 != today {
            *kept = (today, HashMap::new());
        }
        kept
    }
}

impl Spending for ForgottenSpending {
    fn spent_today(&self, principal: &Principal) -> Result<Money, String> {
        Ok(self.today().1.get(principal).copied().unwrap_or_default())
    }

    fn record(&self, principal: &Principal, _tool: &ToolId, cost: Money) {
        let mut today = self.today();
        let sum = today.1.entry(principal.clone()).or_default();
        *sum = sum.plus(cost);
    }
}

/// Knows how tools were used before.
pub trait Usual: Send + Sync {
    /// How often an execution that uses the tool calls it on average, where that is known.
    fn calls(&self, tool: &ToolId) -> Option<f64>;
}

/// Knows nothing of earlier executions.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHistory;

impl Usual for NoHistory {
    fn calls(&self, _tool: &ToolId) -> Option<f64> {
        None
    }
}
