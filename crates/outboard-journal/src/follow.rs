//! Hearing of what is recorded, in the process that records it.

use crate::audit::AuditEntry;
use crate::command::Command;
use crate::marks::Mark;
use crate::records::{CallRecord, Ending, ExecutionRecord};
use crate::tokens::Counted;
use outboard_types::ExecutionId;

/// Something that is about to be handed to the journal's writer; it can be read there a moment later.
#[derive(Debug, Clone, Copy)]
pub enum Fact<'a> {
    /// An execution begins.
    Began(&'a ExecutionRecord),
    /// One ended.
    Ended(&'a ExecutionId, &'a Ending),
    /// A call is over.
    Called(&'a CallRecord),
    /// Something was decided or done.
    Audited(&'a AuditEntry),
    /// Something that only traces and metrics show.
    Marked(&'a Mark),
    /// Texts were counted.
    Counted(&'a [Counted]),
}

/// Hears of facts; called where they happen, so it must not wait.
pub trait Follower: Send + Sync {
    /// One fact, in the order of recording.
    fn heard(&self, fact: Fact<'_>);
}

impl Command {
    /// What others may want to hear of it.
    pub(crate) fn fact(&self) -> Option<Fact<'_>> {
        match self {
            Self::Begin(record) => Some(Fact::Began(record)),
            Self::BeginDurable(both) => Some(Fact::Began(&both.0)),
            Self::End(id, ending) => Some(Fact::Ended(id, ending)),
            Self::Call(record) => Some(Fact::Called(record)),
            Self::Audit(entry) => Some(Fact::Audited(entry)),
            Self::Mark(mark) => Some(Fact::Marked(mark)),
            Self::Counted(rows) => Some(Fact::Counted(rows)),
            _ => None,
        }
    }
}
