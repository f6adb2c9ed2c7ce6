//! One call that waits at the desk.

use super::desk::{ApprovalDesk, Waiter};
use super::events::DeskEvent;
use super::present;
use super::{Answered, ApprovalRecord, ApprovalScope, ApprovalStatus, Approved, Ask, Question, StoreAnswer, Verdict};
use crate::run::WaitingForPerson;
use outboard_types::now_ms;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

/// A question that was written down and is not answered yet. Dropped, it is taken back.
pub(super) struct Waiting {
    desk: ApprovalDesk,
    ask: Ask,
    record: ApprovalRecord,
    answer: watch::Receiver<Option<ApprovalRecord>>,
    over: bool,
    _counted: WaitingForPerson,
}

/// What asking came to.
pub(super) enum Opened {
    Waiting(Box<Waiting>),
    Over(Verdict),
}

impl Waiting {
    /// Writes the question down, or takes up the one that an earlier life of the execution left open.
    pub(super) async fn open(desk: &ApprovalDesk, ask: Ask) -> Opened {
        let limit = desk.0.options.waiting;
        if desk.waiting() >= limit {
            return Opened::Over(Verdict::Full { limit });
        }
        let earlier = match desk.0.store.of_call(&ask.call.context.execution, ask.call.number) {
            Ok(records) => records.into_iter().rev().find(|record| ask.is(record) && usable(record)),
            Err(reason) => return Opened::Over(Verdict::Unavailable { reason }),
        };
        let known = earlier.is_some();
        let record = earlier.unwrap_or_else(|| record(desk, &ask));
        let waiting = Self::register(desk, ask, record);
        if known {
            return match waiting.record.status {
                ApprovalStatus::Pending => Opened::Waiting(Box::new(waiting.told())),
                _ => {
                    let record = waiting.record.clone();
                    Opened::Over(waiting.close(record))
                }
            };
        }
        match desk.0.store.open(waiting.record.clone()).await {
            Ok(()) => Opened::Waiting(Box::new(waiting.told())),
            Err(reason) => Opened::Over(Verdict::Unavailable { reason }),
        }
    }

    /// From here on answers find the call, also those that come before it is told that it waits.
    fn register(desk: &ApprovalDesk, ask: Ask, record: ApprovalRecord) -> Self {
        let (sender, answer) = watch::channel(None);
        let (tool, session) = (ask.call.id.clone(), ask.call.context.session.clone());
        desk.0.waiters().insert(record.id.clone(), Waiter { answer: sender, tool, session });
        let counted = ask.run.wait_for_person();
        Self { desk: desk.clone(), ask, record, answer, over: false, _counted: counted }
    }

    fn told(self) -> Self {
        let record = self.record.clone();
        let similar = self.desk.0.similar(&record.server, &record.tool, &record.session).saturating_sub(1);
        let _ = self.desk.0.events.send(DeskEvent::Opened(Arc::new(Question { record, similar })));
        self
    }

    /// Waits for the first answer, wherever it is given.
    pub(super) async fn verdict(mut self) -> Verdict {
        let left = Duration::from_millis(self.record.expires_ms.saturating_sub(now_ms()));
        let expiry = tokio::time::sleep(left);
        tokio::pin!(expiry);
        let mut poll = tokio::time::interval(self.desk.0.options.poll.max(Duration::from_millis(1)));
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut granted = self.desk.0.granted.subscribe();
        let mut token = None;
        loop {
            if let Some(verdict) = self.covered().await {
                return verdict;
            }
            tokio::select! {
                biased;
                answer = self.answered() => return self.close(answer),
                // The desk outlives its waiters: this never ends for want of a sender.
                _ = granted.changed() => {}
                () = &mut expiry => return self.expire().await,
                _ = poll.tick() => if let Some(record) = self.look(&mut token) { return self.close(record) },
            }
        }
    }

    async fn answered(&mut self) -> ApprovalRecord {
        let answer = self.answer.wait_for(Option::is_some).await.ok().and_then(|answer| answer.clone());
        match answer {
            Some(record) => record,
            // The waiter is only removed by this call's own end.
            None => std::future::pending().await,
        }
    }

    /// What another process wrote about the question.
    fn look(&self, token: &mut Option<u64>) -> Option<ApprovalRecord> {
        if !self.desk.0.changed(token) {
            return None;
        }
        let record = self.desk.0.store.get(&self.record.id).ok().flatten()?;
        (record.status != ApprovalStatus::Pending).then_some(record)
    }

    /// Ends the question where a yes to another one covers this call too.
    async fn covered(&mut self) -> Option<Verdict> {
        let approved = self.desk.granted(&self.ask)?;
        let answer = StoreAnswer {
            status: ApprovalStatus::Approved,
            scope: Some(ApprovalScope::Once),
            by: approved.by.to_string(),
            channel: format!("scope of {}", approved.id),
            reason: None,
            at_ms: now_ms(),
        };
        Some(self.decide(answer).await)
    }

    async fn expire(mut self) -> Verdict {
        let answer = StoreAnswer {
            status: ApprovalStatus::Expired,
            scope: None,
            by: "nobody".into(),
            channel: "expiry".into(),
            reason: None,
            at_ms: now_ms(),
        };
        self.decide(answer).await
    }

    /// Writes an answer of our own; another that was quicker counts instead.
    async fn decide(&mut self, answer: StoreAnswer) -> Verdict {
        let status = answer.status;
        match self.desk.0.store.answer(self.record.id.clone(), answer).await {
            Ok(Answered::First(record) | Answered::Already(record)) => self.end(record),
            Ok(Answered::Expired(mut record)) => {
                record.status = ApprovalStatus::Expired;
                self.end(record)
            }
            Ok(Answered::Unknown) => Verdict::Unavailable { reason: "the question is gone".into() },
            // Nobody's silence is a no even when it cannot be written down.
            Err(_) if status == ApprovalStatus::Expired => {
                let record = ApprovalRecord { status, ..self.record.clone() };
                self.end(record)
            }
            Err(reason) => Verdict::Unavailable { reason },
        }
    }

    fn close(mut self, record: ApprovalRecord) -> Verdict {
        self.end(record)
    }

    /// Takes the answer: checks that it is one to this question, and keeps what reaches further.
    fn end(&mut self, record: ApprovalRecord) -> Verdict {
        self.leave(record.status, record.answered_by.as_deref(), record.channel.as_deref());
        let by = record.answered_by.clone().unwrap_or_else(|| "a person".into());
        let id = record.id.clone();
        match record.status {
            ApprovalStatus::Approved if !self.ask.is(&record) => {
                let reason = "what is kept of the question is not what was asked".to_owned();
                Verdict::Unavailable { reason }
            }
            ApprovalStatus::Approved => {
                let channel = record.channel.clone().unwrap_or_default();
                let approved = Approved { id: id.into(), by: by.into(), channel: channel.into() };
                self.desk.remember(&self.ask, &record, &approved);
                Verdict::Approved(approved)
            }
            ApprovalStatus::Denied => Verdict::Denied { id, by, reason: record.answer_reason },
            ApprovalStatus::Withdrawn => Verdict::Withdrawn { id },
            ApprovalStatus::Expired | ApprovalStatus::Pending => {
                let after = Duration::from_millis(record.expires_ms.saturating_sub(record.created_ms));
                Verdict::Expired { id, after }
            }
        }
    }

    fn leave(&mut self, status: ApprovalStatus, by: Option<&str>, channel: Option<&str>) {
        self.over = true;
        self.desk.0.waiters().remove(&self.record.id);
        let (by, channel) = (by.map(Into::into), channel.map(Into::into));
        let _ = self.desk.0.events.send(DeskEvent::Closed { id: self.record.id.as_str().into(), status, by, channel });
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        if self.ask.run.is_suspended() {
            self.desk.0.waiters().remove(&self.record.id);
            return;
        }
        self.leave(ApprovalStatus::Withdrawn, None, None);
        let (store, id) = (self.desk.0.store.clone(), self.record.id.clone());
        let answer = StoreAnswer {
            status: ApprovalStatus::Withdrawn,
            scope: None,
            by: "the call".into(),
            channel: "withdrawn".into(),
            reason: None,
            at_ms: now_ms(),
        };
        // Without a runtime the question stays open until its time is over; nothing waits for it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { store.answer(id, answer).await.map(drop) });
        }
    }
}

/// Whether what is kept of an earlier life of the call still answers it.
fn usable(record: &ApprovalRecord) -> bool {
    match record.status {
        ApprovalStatus::Withdrawn => false,
        ApprovalStatus::Pending => record.expires_ms > now_ms(),
        _ => true,
    }
}

fn record(desk: &ApprovalDesk, ask: &Ask) -> ApprovalRecord {
    let (call, context, now) = (&ask.call, &ask.call.context, now_ms());
    let expiry = u64::try_from(desk.0.options.expiry.as_millis()).unwrap_or(u64::MAX);
    let rules: Vec<_> = ask.grounds.iter().map(|ground| ground.rule.as_str()).collect();
    let reasons = ask.grounds.iter().filter_map(|ground| ground.reason.as_deref());
    let mask = |text: &str| desk.0.options.mask.as_ref().map_or_else(|| text.to_owned(), |mask| mask(context, text));
    let reasons: Vec<_> = reasons.chain([ask.effect.as_str()]).filter(|reason| !reason.is_empty()).collect();
    ApprovalRecord {
        id: format!("ap_{now:011x}{:016x}", RandomState::new().hash_one(call.number)),
        execution: context.execution.clone(),
        call: call.number,
        principal: context.principal.clone(),
        session: context.session.clone(),
        server: call.id.server.to_string(),
        tool: call.id.tool.to_string(),
        arguments: present::arguments(call.arguments.get(), desk.0.options.mask.is_some().then_some(&mask)),
        arguments_digest: ask.digest,
        policy_version: ask.policy,
        rule: rules.join(" and "),
        reason: (!reasons.is_empty()).then(|| reasons.join(" · ")),
        created_ms: now,
        expires_ms: now.saturating_add(expiry),
        status: ApprovalStatus::Pending,
        scope: None,
        answered_by: None,
        channel: None,
        answer_reason: None,
        answered_ms: None,
    }
}
