//! What a program is going to cost, as far as prices and past calls tell.

use super::{Budget, BudgetPer, Money, OnExceed, Price, SpendingOptions};
use crate::{Ground, glob};
use outboard_types::ToolId;

/// Prices, and the budget of one execution.
#[derive(Debug, Clone)]
pub struct Forecast {
    prices: Vec<Price>,
    bytes_per_token: u64,
    budget: Budget,
}

impl Forecast {
    /// From the same settings as the purse; `None` where there is nothing to forecast for.
    pub fn new(options: &SpendingOptions) -> Option<Self> {
        let budget = options.budgets.iter().find(|budget| budget.per == BudgetPer::Execution)?.clone();
        let prices = options.prices.clone();
        (!prices.is_empty()).then_some(Self { prices, bytes_per_token: options.bytes_per_token.max(1), budget })
    }

    /// What so many calls of a tool with so many bytes each cost.
    pub fn cost(&self, tool: &ToolId, calls: f64, bytes: f64) -> Money {
        let name = tool.to_string();
        let Some(price) = self.prices.iter().find(|price| glob::any(&price.tools, &name)) else {
            return Money::default();
        };
        let tokens = (bytes / self.bytes_per_token as f64).max(0.0) as u64;
        let each = price.per_call.plus(price.per_1k_tokens.thousandths(tokens));
        each.thousandths((calls.max(0.0) * 1_000.0) as u64)
    }

    /// The reason to ask or refuse before anything runs, where the forecast is over the budget.
    pub fn over(&self, total: Money) -> Option<(Ground, OnExceed)> {
        let Budget { setting, limit, on_exceed, .. } = &self.budget;
        let reason = format!("the program is expected to cost about {total}; the budget is {limit}");
        (total > *limit).then(|| (Ground { rule: setting.clone(), reason: Some(reason) }, *on_exceed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_and_tokens_add_up() {
        let options = SpendingOptions {
            prices: vec![Price {
                tools: vec!["a.*".into()],
                per_call: Money::from_units(0.1).unwrap(),
                per_1k_tokens: Money::from_units(1.0).unwrap(),
            }],
            budgets: vec![Budget {
                setting: "budget.execution".into(),
                per: BudgetPer::Execution,
                limit: Money::from_units(3.0).unwrap(),
                on_exceed: OnExceed::Ask,
            }],
            ..SpendingOptions::default()
        };
        let forecast = Forecast::new(&options).unwrap();
        let tool = ToolId::new("a", "b").unwrap();
        assert_eq!(forecast.cost(&tool, 2.0, 4_000.0), Money::from_units(2.2).unwrap());
        assert_eq!(forecast.cost(&ToolId::new("free", "b").unwrap(), 9.0, 1e9), Money::default());
        assert!(forecast.over(Money::from_units(3.0).unwrap()).is_none());
        assert!(forecast.over(Money::from_units(3.1).unwrap()).unwrap().0.reason.unwrap().contains("3.10"));
        assert!(Forecast::new(&SpendingOptions::default()).is_none());
    }
}
