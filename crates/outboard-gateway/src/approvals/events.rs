//! What the desk tells those who listen.

use super::{ApprovalRecord, ApprovalStatus, Question};
use std::sync::Arc;

/// Something that happened at the desk.
#[derive(Debug, Clone)]
pub enum DeskEvent {
    /// A question was asked.
    Opened(Arc<Question>),
    /// A question no longer waits for an answer.
    Closed {
        /// Its id.
        id: Arc<str>,
        /// How it ended.
        status: ApprovalStatus,
        /// Who ended it, where a person did.
        by: Option<Arc<str>>,
        /// Through which channel.
        channel: Option<Arc<str>>,
    },
    /// A person said yes for always: a rule that says so, ready to be written before all other rules.
    Always {
        /// The approval.
        id: Arc<str>,
        /// A `[[policy.rules]]` table as TOML text.
        rule: Arc<str>,
    },
    /// A program calls a tool far more often than usual; nobody has to answer.
    Alert {
        /// What happened, in one sentence.
        message: Arc<str>,
    },
}

/// The rule that makes a yes permanent; none for a name that would be read as a pattern.
pub(super) fn always(record: &ApprovalRecord) -> Option<String> {
    let name = format!("{}.{}", record.server, record.tool);
    if name.contains(['*', '?', '[', ']', '{', '}', '!']) {
        return None;
    }
    let by = record.answered_by.as_deref().unwrap_or("a person");
    let reason = format!("allowed for always by {by} ({})", record.id);
    // A JSON string is a TOML basic string: the escapes that JSON writes are all known there.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    Some(format!("[[policy.rules]]\ntools = [{}]\naction = \"allow\"\nreason = {}\n", quoted(&name), quoted(&reason)))
}
