//! Whose values they are.

use outboard_types::{CallContext, Principal, SessionName};

/// One session of one principal: the only place where its tokens mean anything.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// Who.
    pub principal: Principal,
    /// The session.
    pub session: SessionName,
}

impl Place {
    /// The place of a call.
    pub fn of(context: &CallContext) -> Self {
        Self { principal: context.principal.clone(), session: context.session.clone() }
    }

    /// Its name in the vault; names of sessions hold no `/`, so that no two places share one.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.session.as_str(), self.principal.0)
    }
}
