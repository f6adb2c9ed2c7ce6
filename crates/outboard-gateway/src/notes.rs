//! What layers tell the record about a call on its way.

use outboard_types::{Digest, ErrorCode};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// What was decided about a call, filled in by the layers it passed.
#[derive(Debug, Clone, Default)]
pub struct Noted {
    /// What happened to it at the door.
    pub decision: Option<Decided>,
    /// The rules that decided, as a person finds them in the settings.
    pub rule: Option<String>,
    /// The version of the policy that decided.
    pub policy: Option<Digest>,
    /// The approval that a person was asked for.
    pub approval: Option<String>,
    /// Who answered, and through which channel.
    pub answered: Option<String>,
    /// From when to when a person was asked.
    pub asked: Option<(Instant, Instant)>,
    /// How often it was sent.
    pub attempts: u32,
    /// The attempts that were not the last: when they ended, and how.
    pub failed: Vec<(Instant, ErrorCode)>,
    /// Arguments that were null, and were not sent.
    pub left_out: Vec<Vec<String>>,
}

/// The decision about a call, in the words of the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// Policy let it through.
    Allowed,
    /// A person was asked and said yes, now or for a scope that covers it.
    Approved,
    /// Policy, a pinned definition, a budget or a person refused it.
    Denied,
}

impl Decided {
    /// The word in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Decided::Allowed => "allow",
            Decided::Approved => "approved",
            Decided::Denied => "deny",
        }
    }
}

/// A page that all layers of one request share.
#[derive(Debug, Clone, Default)]
pub struct Notes(Arc<Mutex<Noted>>);

impl Notes {
    /// What stands there.
    pub fn read(&self) -> Noted {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn write(&self, change: impl FnOnce(&mut Noted)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
