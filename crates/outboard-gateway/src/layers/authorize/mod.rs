//! Decides whether a call may happen; the sole maker of [`Permit`].
//!
//! In this order: a pinned definition that changed refuses; private values that may not go to this server
//! refuse or ask; the policy allows, asks or denies; a budget
//! refuses or asks; a program that runs wild asks. All reasons to ask become one question, and the permit
//! is made after the answer. What a caller may see follows from the same rules.

mod refusal;

use crate::approvals::{ApprovalDesk, Ask, Ground, Verdict};
use crate::permit::Clearance;
use crate::spending::{Purse, Reservation};
use crate::{
    Action, Answer, Decided, Decision, Definitions, Flow, Layer, Next, Permit, Privacy, Request, Rulebook,
    RunawayOptions,
};
use outboard_types::{Digest, ToolError};
use std::sync::Arc;
use std::time::Instant;

/// The layer.
pub(crate) struct Authorize {
    pub(crate) rulebook: Rulebook,
    pub(crate) definitions: Arc<dyn Definitions>,
    pub(crate) privacy: Arc<dyn Privacy>,
    pub(crate) desk: Option<ApprovalDesk>,
    pub(crate) purse: Purse,
    pub(crate) runaway: RunawayOptions,
}

/// What a call needs to go on.
struct Passed {
    permit: Permit,
    cost: Option<Reservation>,
}

/// How one look at the rules ended.
enum Step {
    Pass(Passed),
    /// The rules changed meanwhile: look again.
    Again,
}

impl Authorize {
    async fn pass(&self, request: &Request) -> Result<Passed, ToolError> {
        if let Some(tool) = request.tool() {
            let pinned = self.definitions.check(tool);
            pinned.inspect_err(|_| request.notes.write(|noted| noted.rule = Some("pinned definition".into())))?;
        }
        let more: Vec<_> = self.flow(request)?.into_iter().chain(self.wild(request)).collect();
        loop {
            match self.step(request, more.clone()).await? {
                Step::Pass(passed) => return Ok(passed),
                Step::Again => tracing::info!(tool = %request.call.id, "the policy changed: decided anew"),
            }
        }
    }

    /// One look at the rules in force.
    async fn step(&self, request: &Request, more: Vec<Ground>) -> Result<Step, ToolError> {
        let rules = self.rulebook.current();
        let (version, decision) = (rules.version(), rules.decide(request));
        request.notes.write(|noted| {
            (noted.policy, noted.rule) = (Some(version), Some(decision.rule.clone()));
        });
        if decision.action == Action::Deny {
            return Err(refusal::denied(&request.call.id, &decision));
        }
        let (cost, over_budget) = self.purse.reserve(request)?;
        let mut grounds: Vec<Ground> = asked(decision).into_iter().chain(over_budget).collect();
        grounds.extend(more);
        if grounds.is_empty() {
            request.notes.write(|noted| noted.decision = Some(Decided::Allowed));
            let permit = Permit::of(&request.call, Clearance::Rules);
            return Ok(Step::Pass(Passed { permit, cost }));
        }
        let step = self.ask(request, version, grounds).await?;
        Ok(step.map_or(Step::Again, |permit| Step::Pass(Passed { permit, cost })))
    }

    /// Asks a person; `None` where the rules that ask are no longer in force.
    async fn ask(&self, request: &Request, version: Digest, grounds: Vec<Ground>) -> Result<Option<Permit>, ToolError> {
        let id = &request.call.id;
        let rules: Vec<_> = grounds.iter().map(|ground| ground.rule.clone()).collect();
        request.notes.write(|noted| noted.rule = Some(rules.join(" and ")));
        let Some(desk) = &self.desk else { return Err(refusal::nobody_to_ask(id, &grounds)) };
        let digest = Digest::of(request.call.arguments.get());
        let ask = Ask::new(request, digest, version, grounds);
        let asked = Instant::now();
        let verdict = tokio::select! {
            biased;
            () = self.rulebook.changed_from(version) => return Ok(None),
            verdict = desk.request(ask) => verdict,
        };
        request.notes.write(|noted| noted.asked = Some((asked, Instant::now())));
        match verdict {
            Verdict::Approved(approved) => {
                request.notes.write(|noted| {
                    (noted.decision, noted.approval) = (Some(Decided::Approved), Some(approved.id().to_owned()));
                    noted.answered = Some(format!("{} through {}", approved.by(), approved.channel()));
                });
                Ok(Some(Permit::of(&request.call, Clearance::Person(approved))))
            }
            no => {
                request.notes.write(|noted| (noted.approval, noted.answered) = refusal::approval(&no));
                Err(refusal::not_approved(id, no))
            }
        }
    }

    /// Private values that may not go where they go refuse; those that somebody has to see become a question.
    fn flow(&self, request: &Request) -> Result<Option<Ground>, ToolError> {
        match self.privacy.flow(&request.call) {
            Flow::Pass => Ok(None),
            Flow::Ask { rule, reason } => Ok(Some(Ground { rule, reason: Some(reason) })),
            Flow::Deny { rule, reason } => {
                let refusal = refusal::flow(&request.call.id, &rule, &reason);
                request.notes.write(|noted| noted.rule = Some(rule));
                Err(refusal)
            }
        }
    }

    /// Counts the call; reports a program that runs wild once, and asks about it where that is wanted.
    fn wild(&self, request: &Request) -> Option<Ground> {
        let suspicion = self.runaway.count(request)?;
        let (id, execution) = (&request.call.id, &request.call.context.execution);
        let (told, calls) = (suspicion.told(id), suspicion.calls);
        if suspicion.first {
            let message = format!("{execution} {told}");
            tracing::warn!(tool = %id, %execution, calls, "{message}");
            self.desk.iter().for_each(|desk| desk.alert(&message));
        }
        let reason = format!("the program {told}; {} times in all so far", calls - 1);
        self.runaway.ask.then(|| Ground { rule: "gateway.runaway".into(), reason: Some(reason) })
    }
}

fn asked(decision: Decision) -> Option<Ground> {
    (decision.action == Action::Ask).then_some(Ground { rule: decision.rule, reason: decision.reason })
}

impl Layer for Authorize {
    fn name(&self) -> &'static str {
        "authorize"
    }

    fn call<'a>(&'a self, request: Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            let denied = |_: &ToolError| request.notes.write(|noted| noted.decision = Some(Decided::Denied));
            let Passed { permit, cost } = self.pass(&request).await.inspect_err(denied)?;
            let Some(mut cost) = cost else { return next.permitted(permit).run(request).await };
            cost.send();
            let outcome = next.permitted(permit).run(request).await;
            cost.settle(&outcome);
            outcome
        })
    }
}
