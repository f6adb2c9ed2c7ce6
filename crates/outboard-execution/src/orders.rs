//! Finds what people ask of executions, in whatever process they asked.

use outboard_journal::{Journal, Order, OrderRecord, Verdict};
use outboard_types::ExecutionId;
use std::time::Duration;
use tokio::sync::watch;

/// How often it is looked whether anything was written.
const POLL: Duration = Duration::from_millis(250);

/// The orders of this journal's executions; clones share one look-out.
#[derive(Clone)]
pub struct Orders {
    journal: Journal,
    bell: watch::Sender<u64>,
}

impl Orders {
    /// Looks at nothing yet.
    pub fn new(journal: Journal) -> Self {
        Self { journal, bell: watch::Sender::new(0) }
    }

    /// Calls `cancel` for each execution that somebody wants to end, and wakes who waits for a verdict. Ends
    /// when `cancel` says `false`.
    pub(crate) async fn follow(&self, cancel: impl Fn(&ExecutionId) -> bool) {
        let mut last = self.journal.last_order().unwrap_or(0);
        let mut token = None;
        let mut tick = tokio::time::interval(POLL);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let now = self.journal.changes().ok();
            if now.is_some() && std::mem::replace(&mut token, now) == now {
                continue;
            }
            let fresh = self.journal.orders(None, last).unwrap_or_default();
            for OrderRecord { id, execution, order, .. } in fresh {
                last = id;
                if order == Order::Cancel && !cancel(&execution) {
                    return;
                }
                self.bell.send_replace(id);
            }
        }
    }

    /// What was said about a call that is in doubt, if anything was.
    pub(crate) fn verdict(&self, execution: &ExecutionId, call: u64) -> Option<Verdict> {
        self.journal
            .verdict(execution, call)
            .inspect_err(|error| tracing::error!(%error, "orders cannot be read"))
            .ok()?
    }

    /// Waits until something is said about a call that is in doubt.
    pub(crate) async fn wait(&self, execution: &ExecutionId, call: u64) -> Verdict {
        let mut bell = self.bell.subscribe();
        loop {
            if let Some(verdict) = self.verdict(execution, call) {
                return verdict;
            }
            // We hold a sender ourselves: this does not fail.
            let _ = bell.changed().await;
        }
    }
}
