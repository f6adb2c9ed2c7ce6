//! What calls cost, and budgets that they must keep to.
//!
//! A cost is reserved before the call is let through and settled when it is over, so calls at the same
//! time cannot spend the same money. What an answer will cost is only known afterwards: the last call
//! within a budget may go over it by its own answer, the next one is stopped.

mod forecast;
mod money;
mod purse;

pub use forecast::Forecast;
pub use money::Money;
pub(crate) use purse::{Purse, Reservation, today};

use crate::{ForgottenSpending, Spending};
use std::sync::Arc;

/// What tools cost and how much may be spent.
#[derive(Clone)]
pub struct SpendingOptions {
    /// Prices; the first that matches a tool counts, and a tool without a price is free.
    pub prices: Vec<Price>,
    /// Budgets; all of them hold.
    pub budgets: Vec<Budget>,
    /// Bytes of arguments and answers that count as one token; default 4.
    pub bytes_per_token: u64,
    /// Where spending is kept beyond the process.
    pub ledger: Arc<dyn Spending>,
}

impl Default for SpendingOptions {
    fn default() -> Self {
        let ledger = Arc::new(ForgottenSpending::default());
        Self { prices: Vec::new(), budgets: Vec::new(), bytes_per_token: 4, ledger }
    }
}

/// What a call of some tools costs.
#[derive(Debug, Clone, Default)]
pub struct Price {
    /// Patterns over `server.tool`; none means all.
    pub tools: Vec<String>,
    /// For each call.
    pub per_call: Money,
    /// For each 1,000 tokens of arguments and answer.
    pub per_1k_tokens: Money,
}

/// How much may be spent.
#[derive(Debug, Clone)]
pub struct Budget {
    /// Where the budget stands in the settings, as errors name it.
    pub setting: String,
    /// For what it holds.
    pub per: BudgetPer,
    /// How much.
    pub limit: Money,
    /// What happens to a call that would go over it.
    pub on_exceed: OnExceed,
}

/// For what a budget holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetPer {
    /// Each execution.
    Execution,
    /// Each principal and day, from midnight UTC.
    Day,
}

/// What happens to a call that would go over a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnExceed {
    /// A person is asked.
    Ask,
    /// It is refused.
    Deny,
}
