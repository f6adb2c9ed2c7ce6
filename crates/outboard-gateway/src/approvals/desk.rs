//! The desk itself.

use super::events::DeskEvent;
use super::grants::{Grants, Holder};
use super::present;
use super::waiting::{Opened, Waiting};
use super::{
    Answer, Answered, ApprovalRecord, ApprovalScope, ApprovalStatus, ApprovalStore, Approved, Ask, Question,
    StoreAnswer, Verdict,
};
use outboard_types::{CallContext, SessionName, ToolId, now_ms};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

/// Replaces private values in text that a person will read.
pub type Mask = Box<dyn Fn(&CallContext, &str) -> String + Send + Sync>;

/// How the desk works.
pub struct DeskOptions {
    /// How long a question is open; default 10 min.
    pub expiry: Duration,
    /// How often answers of other processes are looked for while a call waits; default 250 ms.
    pub poll: Duration,
    /// Calls that wait at once at most; default 500.
    pub waiting: usize,
    /// Hides private values from those who answer.
    pub mask: Option<Mask>,
}

impl Default for DeskOptions {
    fn default() -> Self {
        Self { expiry: Duration::from_secs(600), poll: Duration::from_millis(250), waiting: 500, mask: None }
    }
}

/// An answer that could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The store does not work.
    #[error("the approval could not be read or written: {0}")]
    Store(String),
}

/// The desk where calls wait for a person; clones share it.
#[derive(Clone)]
pub struct ApprovalDesk(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) store: Arc<dyn ApprovalStore>,
    pub(super) options: DeskOptions,
    pub(super) events: broadcast::Sender<DeskEvent>,
    pub(super) waiting: Mutex<HashMap<String, Waiter>>,
    sessions: Grants,
    /// Counts grants, so that calls which wait notice one that covers them too.
    pub(super) granted: watch::Sender<u64>,
    seen: Mutex<Option<(Instant, u64)>>,
}

/// What the desk knows of a call that waits in this process.
pub(super) struct Waiter {
    pub(super) answer: watch::Sender<Option<ApprovalRecord>>,
    pub(super) tool: ToolId,
    pub(super) session: SessionName,
}

impl ApprovalDesk {
    /// Opens the desk over a store.
    pub fn new(store: Arc<dyn ApprovalStore>, options: DeskOptions) -> Self {
        let (waiting, sessions) = (Mutex::default(), Grants::default());
        let (events, granted) = (broadcast::Sender::new(256), watch::Sender::new(0));
        Self(Arc::new(Inner { store, options, events, waiting, sessions, granted, seen: Mutex::default() }))
    }

    /// Asks about a call and waits for the answer. Dropping the future takes the question back, unless the
    /// run was suspended.
    pub async fn request(&self, ask: Ask) -> Verdict {
        if let Some(approved) = self.granted(&ask) {
            return Verdict::Approved(approved);
        }
        match Waiting::open(self, ask).await {
            Opened::Waiting(waiting) => waiting.verdict().await,
            Opened::Over(verdict) => verdict,
        }
    }

    /// Answers a question, wherever it was asked; the first answer counts.
    pub async fn answer(&self, id: &str, answer: Answer) -> Result<Answered, DeskError> {
        let status = if answer.approve { ApprovalStatus::Approved } else { ApprovalStatus::Denied };
        let scope = answer.approve.then_some(answer.scope);
        let reason = answer.reason.as_deref().map(present::line);
        let (by, channel) = (present::line(&answer.by), present::line(&answer.channel));
        let answer = StoreAnswer { status, scope, by, channel, reason, at_ms: now_ms() };
        let answered = self.0.store.answer(id.to_owned(), answer).await.map_err(DeskError::Store)?;
        if let Answered::First(record) | Answered::Already(record) | Answered::Expired(record) = &answered {
            self.0.deliver(record);
        }
        Ok(answered)
    }

    /// The questions that are open, of all processes that share the store.
    pub fn pending(&self) -> Result<Vec<Question>, DeskError> {
        let records = self.0.store.pending().map_err(DeskError::Store)?;
        let now = now_ms();
        let open = records.into_iter().filter(|record| record.expires_ms > now);
        Ok(open.map(|record| self.0.question(record)).collect())
    }

    /// One question, open or not.
    pub fn get(&self, id: &str) -> Result<Option<Question>, DeskError> {
        let record = self.0.store.get(id).map_err(DeskError::Store)?;
        Ok(record.map(|record| self.0.question(record)))
    }

    /// What happens from now on. A listener that is 256 events behind loses the oldest; [`Self::pending`]
    /// tells what is open.
    pub fn subscribe(&self) -> broadcast::Receiver<DeskEvent> {
        self.0.events.subscribe()
    }

    /// How many calls wait in this process.
    pub fn waiting(&self) -> usize {
        self.0.waiters().len()
    }

    /// Tells listeners something that nobody has to answer.
    pub(crate) fn alert(&self, message: &str) {
        let _ = self.0.events.send(DeskEvent::Alert { message: message.into() });
    }

    /// The yes that covers a call already: every ground was granted, to the run or to the session.
    pub(super) fn granted(&self, ask: &Ask) -> Option<Approved> {
        let mut found = None;
        for ground in &ask.grounds {
            let by_run = ask.run.grants.find(Holder::Run, ask, ground);
            found = Some(by_run.or_else(|| self.0.sessions.find(Holder::Session, ask, ground))?);
        }
        found
    }

    /// Keeps a yes that reaches further than one call.
    pub(super) fn remember(&self, ask: &Ask, record: &ApprovalRecord, approved: &Approved) {
        match record.scope.unwrap_or(ApprovalScope::Once) {
            ApprovalScope::Once => return,
            ApprovalScope::Execution => ask.run.grants.add(Holder::Run, ask, approved),
            ApprovalScope::Session => self.0.sessions.add(Holder::Session, ask, approved),
            ApprovalScope::Always => {
                self.0.sessions.add(Holder::Session, ask, approved);
                if let Some(rule) = super::events::always(record) {
                    let _ = self.0.events.send(DeskEvent::Always { id: record.id.as_str().into(), rule: rule.into() });
                }
            }
        }
        self.0.granted.send_modify(|count| *count += 1);
    }
}

impl Inner {
    pub(super) fn waiters(&self) -> MutexGuard<'_, HashMap<String, Waiter>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands an answered question to the call that waits for it here.
    fn deliver(&self, record: &ApprovalRecord) {
        if let Some(waiter) = self.waiters().get(&record.id) {
            waiter.answer.send_replace(Some(record.clone()));
        }
    }

    /// How many waiting calls are of the same tool and session.
    pub(super) fn similar(&self, server: &str, tool: &str, session: &SessionName) -> usize {
        let same = |waiter: &&Waiter| {
            waiter.tool.server.as_str() == server && waiter.tool.tool.as_str() == tool && waiter.session == *session
        };
        self.waiters().values().filter(same).count()
    }

    fn question(&self, record: ApprovalRecord) -> Question {
        let similar = self.similar(&record.server, &record.tool, &record.session);
        Question { similar: similar.saturating_sub(1), record }
    }

    /// Whether anything was written since a waiter looked last. The store is asked once for all waiters.
    pub(super) fn changed(&self, last: &mut Option<u64>) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let fresh = seen.filter(|(at, _)| now.duration_since(*at) < self.options.poll / 2);
        let token = match fresh {
            Some((_, token)) => Some(token),
            None => self.store.changes().ok().inspect(|token| *seen = Some((now, *token))),
        };
        // A store that cannot tell has to be looked into.
        token.is_none() || std::mem::replace(last, token) != token
    }
}
