//! The desk where calls wait for a person.
//!
//! Policy says that a call has to be asked about; the desk writes the question down, tells every channel
//! that listens (a client that can elicit, the console, the command line, a webhook), and takes the first
//! answer. A question is bound to one tool, the exact arguments, one version of the policy and a time: an
//! answer to another question never lets this call pass. What a person reads is made harmless first.
//!
//! Never here: how a channel reaches people, and settings files. "Always" only yields the text of a rule.

mod desk;
mod events;
mod grants;
mod present;
mod record;
mod store;
mod waiting;
pub mod webhook;

pub use desk::{ApprovalDesk, DeskError, DeskOptions, Mask};
pub use events::DeskEvent;
pub(crate) use grants::Grants;
pub use outboard_journal::{Answer as StoreAnswer, Answered, ApprovalRecord, ApprovalScope, ApprovalStatus};
pub use record::{Answer, Approved, Ask, Ground, Question, Verdict};
pub use store::{ApprovalStore, MemoryApprovals, StoreFuture};
