//! Questions and answers, as the desk sees them; the journal says how they are kept.

use crate::{Request, Run};
use outboard_journal::{ApprovalRecord, ApprovalScope};
use outboard_types::{Call, Digest};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// A question and what only the asking process knows about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// The question.
    pub record: ApprovalRecord,
    /// How many calls of the same tool in the same session wait with it.
    pub similar: usize,
}

/// One reason to ask: a rule of the policy, a budget, or a suspicion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// Where it stands in the settings.
    pub rule: String,
    /// Why it asks.
    pub reason: Option<String>,
}

/// A call that has to be asked about.
#[derive(Clone)]
pub struct Ask {
    /// The call.
    pub call: Call,
    /// The run that waits for it.
    pub run: Arc<Run>,
    /// The digest of its arguments.
    pub digest: Digest,
    /// The version of the policy that asks.
    pub policy: Digest,
    /// Why it is asked; never empty.
    pub grounds: Vec<Ground>,
    /// What it will change, in one line.
    pub effect: String,
}

impl Ask {
    /// Asks about a request.
    pub fn new(request: &Request, digest: Digest, policy: Digest, grounds: Vec<Ground>) -> Self {
        let effect = super::present::effect(request);
        Self { call: request.call.clone(), run: request.run.clone(), digest, policy, grounds, effect }
    }

    /// Whether a kept question is about exactly this call under exactly this policy.
    pub(super) fn is(&self, record: &ApprovalRecord) -> bool {
        record.execution == self.call.context.execution
            && record.call == self.call.number
            && record.server == self.call.id.server.as_str()
            && record.tool == self.call.id.tool.as_str()
            && record.arguments_digest == self.digest
            && record.policy_version == self.policy
    }
}

/// What a person said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Yes or no.
    pub approve: bool,
    /// How far a yes reaches: this call; calls of this tool in this execution; or in this session, until
    /// Outboard ends or the policy changes. `Always` is the session, and offers a rule for the settings.
    pub scope: ApprovalScope,
    /// Who answered.
    pub by: String,
    /// Through which channel, such as `console`, `cli`, `elicitation`, `webhook`.
    pub channel: String,
    /// Why; the program reads it when the answer is no.
    pub reason: Option<String>,
}

/// A person's yes that covers one call; only the desk makes it.
#[derive(Debug, Clone)]
pub struct Approved {
    pub(super) id: Arc<str>,
    pub(super) by: Arc<str>,
    pub(super) channel: Arc<str>,
}

impl Approved {
    /// The id of the approval, which may have been asked for an earlier call.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Who said yes.
    pub fn by(&self) -> &str {
        &self.by
    }

    /// Through which channel.
    pub fn channel(&self) -> &str {
        &self.channel
    }
}

/// How a question ended.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// Yes.
    Approved(Approved),
    /// No.
    Denied {
        /// The id of the approval.
        id: String,
        /// Who said no.
        by: String,
        /// Why.
        reason: Option<String>,
    },
    /// Nobody answered in time.
    Expired {
        /// The id of the approval.
        id: String,
        /// How long it was open.
        after: Duration,
    },
    /// The call was taken back elsewhere.
    Withdrawn {
        /// The id of the approval.
        id: String,
    },
    /// So many calls wait already.
    Full {
        /// The most that may wait.
        limit: usize,
    },
    /// The question could not be written down, and what is not written down is not asked.
    Unavailable {
        /// Why not.
        reason: String,
    },
}
