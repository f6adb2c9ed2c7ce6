//! Reserves what a call will cost and settles what it did cost.

use super::{Budget, BudgetPer, Money, OnExceed, SpendingOptions};
use crate::{Ground, Request, Run, glob};
use outboard_types::{ErrorCode, Outcome, Principal, ToolError, ToolId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// How long a sum from the ledger is good for, during which other processes may have spent unseen.
const FRESH: Duration = Duration::from_secs(1);

/// Principals whose day is remembered at most; a forgotten one is read from the ledger again.
const REMEMBERED: usize = 1_000;

/// The money side of the door; clones share it.
#[derive(Clone)]
pub(crate) struct Purse(Arc<Inner>);

struct Inner {
    options: SpendingOptions,
    days: Mutex<HashMap<Principal, Day>>,
}

/// What a principal spent on a day, calls under way included.
struct Day {
    number: u64,
    spent: Money,
    reserved: Money,
    read: Instant,
}

impl Purse {
    pub(crate) fn new(options: SpendingOptions) -> Self {
        Self(Arc::new(Inner { options, days: Mutex::default() }))
    }

    /// Sets aside what a call will cost at least. `Err` where a budget refuses it; otherwise also the
    /// reasons to ask a person first.
    pub(crate) fn reserve(&self, request: &Request) -> Result<(Option<Reservation>, Vec<Ground>), ToolError> {
        let cost = self.0.cost(&request.call.id, request.call.arguments.get().len());
        let Some(cost) = cost else { return Ok((None, Vec::new())) };
        let reservation = self.0.clone().take(request, cost)?;
        let mut grounds = Vec::new();
        for budget in &self.0.options.budgets {
            let total = self.0.total(budget.per, request);
            if total > budget.limit {
                let ground = exceeded(budget, total.minus(cost), cost);
                match budget.on_exceed {
                    OnExceed::Ask => grounds.push(ground),
                    OnExceed::Deny => return Err(refusal(&request.call.id, budget, ground)),
                }
            }
        }
        Ok((Some(reservation), grounds))
    }
}

impl Inner {
    /// What so many bytes to or from a tool cost, the call itself included; `None` where it is free.
    fn cost(&self, id: &ToolId, bytes: usize) -> Option<Money> {
        let name = id.to_string();
        let price = self.options.prices.iter().find(|price| glob::any(&price.tools, &name))?;
        Some(price.per_call.plus(price.per_1k_tokens.thousandths(self.tokens(bytes))))
    }

    fn answer_cost(&self, id: &ToolId, bytes: usize) -> Money {
        let name = id.to_string();
        let price = self.options.prices.iter().find(|price| glob::any(&price.tools, &name));
        price.map(|price| price.per_1k_tokens.thousandths(self.tokens(bytes))).unwrap_or_default()
    }

    fn tokens(&self, bytes: usize) -> u64 {
        (bytes as u64).div_ceil(self.options.bytes_per_token.max(1))
    }

    fn take(self: Arc<Self>, request: &Request, cost: Money) -> Result<Reservation, ToolError> {
        let run = request.run.clone();
        let by_day = self.options.budgets.iter().any(|budget| budget.per == BudgetPer::Day);
        if by_day {
            let mut days = self.days();
            let day = self.day(&mut days, &request.call.context.principal, &request.call.id)?;
            day.reserved = day.reserved.plus(cost);
        }
        add(&run, cost);
        Ok(Reservation { purse: self, run, id: request.call.id.clone(), cost, by_day, sent: false, over: false })
    }

    /// What counts against a budget, the call's own reservation included.
    fn total(&self, per: BudgetPer, request: &Request) -> Money {
        match per {
            BudgetPer::Execution => *request.run.spent.lock().unwrap_or_else(PoisonError::into_inner),
            BudgetPer::Day => {
                let days = self.days();
                days.get(&request.call.context.principal).map(|day| day.spent.plus(day.reserved)).unwrap_or_default()
            }
        }
    }

    fn days(&self) -> MutexGuard<'_, HashMap<Principal, Day>> {
        self.days.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The principal's day, read from the ledger when it is new or was read a while ago.
    fn day<'a>(
        &self,
        days: &'a mut HashMap<Principal, Day>,
        principal: &Principal,
        id: &ToolId,
    ) -> Result<&'a mut Day, ToolError> {
        if days.len() >= REMEMBERED && !days.contains_key(principal) {
            days.retain(|_, day| day.reserved > Money::default());
        }
        let (today, now) = (today(), Instant::now());
        let known = days.get(principal).map(|day| (day.number == today, now.duration_since(day.read) < FRESH));
        if known != Some((true, true)) {
            let read = self.options.ledger.spent_today(principal).map_err(|reason| unreadable(id, &reason))?;
            let day = days.entry(principal.clone()).or_insert(Day {
                number: today,
                spent: read,
                reserved: Money::default(),
                read: now,
            });
            // The ledger may still be writing what this process spent a moment ago.
            day.spent = if day.number == today { day.spent.max(read) } else { read };
            (day.number, day.read) = (today, now);
        }
        days.get_mut(principal).ok_or_else(|| unreadable(id, "it was forgotten"))
    }
}

/// Money set aside for one call. Dropped before the call was sent it is given back; dropped afterwards
/// it is spent, for nobody knows what the server did.
pub(crate) struct Reservation {
    purse: Arc<Inner>,
    run: Arc<Run>,
    id: ToolId,
    cost: Money,
    by_day: bool,
    sent: bool,
    over: bool,
}

impl Reservation {
    /// Says that the call goes out now.
    pub(crate) fn send(&mut self) {
        self.sent = true;
    }

    /// Turns the reservation into what the call did cost.
    pub(crate) fn settle(mut self, outcome: &Outcome) {
        match outcome {
            Ok(result) => self.close(self.cost.plus(self.purse.answer_cost(&self.id, result.size()))),
            Err(error) if reached(error.code) => self.close(self.cost),
            Err(_) => self.close(Money::default()),
        }
    }

    fn close(&mut self, cost: Money) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        let mut spent = self.run.spent.lock().unwrap_or_else(PoisonError::into_inner);
        *spent = spent.minus(self.cost).plus(cost);
        drop(spent);
        let principal = &self.run.context().principal;
        if self.by_day
            && let Some(day) = self.purse.days().get_mut(principal)
        {
            day.reserved = day.reserved.minus(self.cost);
            day.spent = day.spent.plus(cost);
        }
        if cost > Money::default() {
            self.purse.options.ledger.record(principal, &self.id, cost);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let cost = if self.sent { self.cost } else { Money::default() };
        self.close(cost);
    }
}

/// Whether a failure of this kind comes from a server that may have worked, and charges, for it.
fn reached(code: ErrorCode) -> bool {
    use ErrorCode::{Timeout, ToolFailed, UpstreamLost, UpstreamProtocol};
    matches!(code, ToolFailed | Timeout | UpstreamLost | UpstreamProtocol)
}

fn add(run: &Run, cost: Money) {
    let mut spent = run.spent.lock().unwrap_or_else(PoisonError::into_inner);
    *spent = spent.plus(cost);
}

/// Days since 1970, by UTC.
pub(crate) fn today() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / 86_400
}

fn exceeded(budget: &Budget, before: Money, cost: Money) -> Ground {
    let per = match budget.per {
        BudgetPer::Execution => "execution",
        BudgetPer::Day => "day",
    };
    let reason =
        format!("the budget of {} per {per} is used up: {before} are spent, this call costs {cost}", budget.limit);
    Ground { rule: budget.setting.clone(), reason: Some(reason) }
}

fn refusal(id: &ToolId, budget: &Budget, ground: Ground) -> ToolError {
    let message = format!("{id} was not called: {}", ground.reason.unwrap_or_default());
    ToolError::new(ErrorCode::BudgetExceeded, message).on(id).hint(format!(
        "make fewer or smaller calls; {} sets the budget, and on_exceed = \"ask\" there lets a person decide",
        budget.setting
    ))
}

fn unreadable(id: &ToolId, reason: &str) -> ToolError {
    ToolError::new(ErrorCode::BudgetExceeded, format!("what was spent today cannot be read: {reason}"))
        .on(id)
        .hint("budgets per day hold nothing back blindly: nothing was called; see the log of Outboard")
}
