//! The ways to do a task.

mod code;
mod direct;
mod hybrid;

use crate::book::Book;
use outboard_ledger::Expected;
use serde_json::Value;
use std::time::Duration;

pub(crate) use code::{Program, check as check_through, play as run_program};
pub(crate) use direct::{check as check_directly, play as call_directly};
pub(crate) use hybrid::chosen;

/// A task that was done, right or wrong.
pub(crate) struct Done {
    /// Everything that was read and written.
    pub(crate) book: Book,
    /// The answer, where there is one.
    pub(crate) answer: Value,
    /// Why there is none, or what else went wrong.
    pub(crate) problems: Vec<String>,
    /// Calls of tools of the servers.
    pub(crate) calls: u64,
    /// Time of tools and programs; a model's comes on top.
    pub(crate) wall: Duration,
    /// The calls with their sizes in bytes, as a forecast wants them.
    pub(crate) sizes: Vec<Expected>,
}

/// How often something that failed is tried in all.
const ATTEMPTS: usize = 3;
