//! Who is logged in, and what that person may see.

use crate::Look;
use outboard_types::{Principal, Redacted};

/// Whose session it is.
#[derive(Debug, Clone)]
pub(crate) enum Who {
    /// Whoever runs the program: sees and does everything.
    Operator,
    /// The holder of a principal's token: sees what ran on that principal's authority, and changes nothing.
    Holder {
        /// The principal.
        principal: Principal,
        /// The token, which is looked at again with every request: it may be revoked or over.
        token: Redacted<String>,
    },
}

impl Who {
    /// The only principal whose executions are shown; all are without it.
    pub(crate) fn only(&self) -> Option<Principal> {
        match self {
            Self::Operator => None,
            Self::Holder { principal, .. } => Some(principal.clone()),
        }
    }

    /// Whether this may be seen at all.
    pub(crate) fn may_see(&self, look: &Look) -> bool {
        use Look as L;
        let own = matches!(
            look,
            L::Executions(_) | L::Execution { .. } | L::Calls { .. } | L::Call { .. } | L::Events { .. }
        );
        own || matches!(self, Self::Operator)
    }
}
