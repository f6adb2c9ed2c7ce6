//! The audit log: rows that are chained by their hashes, and a signed statement of where the chain ends.
//!
//! Rows are only ever added. Each holds the hash of the one before it, so a row that was edited, removed, moved
//! or put between shows. The chain alone would not show that its end was cut off, or that all of it was made
//! anew; the head, signed with a key that lies beside the database, does. Whoever can read that key can forge
//! the head: keep `audit.pub` and, from time to time, a copy of `audit.head` on another machine.

mod chain;
mod prune;
mod rows;
mod sealer;
mod search;
mod signer;
mod verify;

pub(crate) use chain::append;
pub(crate) use prune::prune;
pub(crate) use rows::newest_rows;
pub use rows::{AuditEntry, AuditFilter, AuditRow};
pub(crate) use sealer::Sealer;
pub use search::{AuditLook, AuditPage, AuditWords, Shown};
pub(crate) use signer::Signer;
pub use verify::{AuditFault, Tampering, Verification};
