//! Answers that cover more than one call.

use super::record::{Approved, Ask, Ground};
use outboard_types::{Digest, Principal, SessionName, ToolId};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Grants kept at most. Beyond it all are forgotten, and people are asked again.
const KEPT: usize = 10_000;

/// What was granted; bound to the tool, the rule that asked, and the policy's version.
#[derive(Default)]
pub(crate) struct Grants(Mutex<HashMap<Key, Approved>>);

#[derive(PartialEq, Eq, Hash)]
struct Key {
    holder: Option<(Principal, SessionName)>,
    tool: ToolId,
    rule: String,
    policy: Digest,
}

/// Who holds a grant: the run whose grants these are, or a session.
#[derive(Clone, Copy)]
pub(super) enum Holder {
    Run,
    Session,
}

impl Grants {
    pub(super) fn find(&self, holder: Holder, ask: &Ask, ground: &Ground) -> Option<Approved> {
        let grants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if grants.is_empty() {
            return None;
        }
        grants.get(&key(holder, ask, ground)).cloned()
    }

    pub(super) fn add(&self, holder: Holder, ask: &Ask, approved: &Approved) {
        let mut grants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if grants.len() >= KEPT {
            grants.clear();
        }
        for ground in &ask.grounds {
            grants.insert(key(holder, ask, ground), approved.clone());
        }
    }
}

fn key(holder: Holder, ask: &Ask, ground: &Ground) -> Key {
    let context = &ask.call.context;
    let holder = match holder {
        Holder::Run => None,
        Holder::Session => Some((context.principal.clone(), context.session.clone())),
    };
    Key { holder, tool: ask.call.id.clone(), rule: ground.rule.clone(), policy: ask.policy }
}
