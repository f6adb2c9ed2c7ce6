//! The policy in force, exchangeable while calls are under way.

use crate::{Kind, Request};
use outboard_policy::{Policy, Subject};
use outboard_types::{Digest, Principal, ServerName, ToolId};
use std::sync::Arc;
use tokio::sync::watch;

pub use outboard_policy::{Action, Decision};

/// What decides about a call. Deciding neither waits nor fails: a rule engine that cannot tell denies.
pub trait Rules: Send + Sync {
    /// Names the content of the rules; approvals and records are bound to it.
    fn version(&self) -> Digest;

    /// Decides about one call.
    fn decide(&self, request: &Request) -> Decision;

    /// Whether what has this name at the door is worth showing to a principal; default yes.
    fn shows(&self, _id: &ToolId, _principal: &Principal) -> bool {
        true
    }

    /// Whether a server is worth naming to a principal; default yes.
    fn shows_server(&self, _server: &ServerName, _principal: &Principal) -> bool {
        true
    }

    /// The rules themselves, where they are a policy: for people who look at them.
    fn policy(&self) -> Option<&Policy> {
        None
    }
}

impl Rules for Policy {
    fn version(&self) -> Digest {
        Policy::version(self)
    }

    fn decide(&self, request: &Request) -> Decision {
        let (call, context) = (&request.call, &request.call.context);
        Policy::decide(
            self,
            &Subject {
                tool: &call.id,
                hints: &request.hints(),
                arguments: Some(&call.arguments),
                principal: &context.principal,
                session: &context.session,
                origin: context.origin.into(),
            },
        )
    }

    fn shows(&self, id: &ToolId, principal: &Principal) -> bool {
        Policy::shows(self, id, &Kind::of(id).hints(), principal)
    }

    fn shows_server(&self, server: &ServerName, principal: &Principal) -> bool {
        Policy::shows_server(self, server, principal)
    }

    fn policy(&self) -> Option<&Policy> {
        Some(self)
    }
}

/// Holds the rules in force; clones share them.
#[derive(Clone)]
pub struct Rulebook(watch::Sender<Arc<dyn Rules>>);

impl Rulebook {
    /// Starts with these rules.
    pub fn new(rules: impl Rules + 'static) -> Self {
        Self(watch::Sender::new(Arc::new(rules)))
    }

    /// Puts other rules in force. Calls that were let through go on; calls that wait for a person are
    /// decided anew.
    pub fn replace(&self, rules: impl Rules + 'static) {
        self.0.send_replace(Arc::new(rules));
    }

    /// The rules in force.
    pub fn current(&self) -> Arc<dyn Rules> {
        self.0.borrow().clone()
    }

    /// Ends when rules with another version are in force. Dropping it loses nothing.
    pub async fn changed_from(&self, version: Digest) {
        let mut seen = self.0.subscribe();
        // The sender lives as long as `self`, so this waits for rules and never for nothing.
        let _ = seen.wait_for(|rules| rules.version() != version).await;
    }
}

impl std::fmt::Debug for Rulebook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Rulebook").field(&self.current().version()).finish()
    }
}
