//! Accepted definitions: `outboard.lock`, the texts behind it, and what changed since.

mod diff;
mod file;
mod lock;
mod store;
mod unified;

pub use diff::{DefinitionChange, diff};
pub use lock::{Accepted, Lock, LockProblem, Pin};
pub use store::Definitions;
pub use unified::unified;
