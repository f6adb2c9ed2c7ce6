//! The proof that a call was authorised.

use outboard_types::{Call, Digest, ToolId};

/// Proof that the `authorize` layer allowed one call. It names the tool and the digest of the arguments,
/// is used up by the call, and can be made nowhere else.
///
/// ```compile_fail
/// // There is no public constructor, and the fields are private.
/// let permit = outboard_gateway::Permit { id: panic!(), arguments: panic!() };
/// ```
#[derive(Debug)]
pub struct Permit {
    id: ToolId,
    arguments: Digest,
}

impl Permit {
    pub(crate) fn of(call: &Call) -> Self {
        Self { id: call.id.clone(), arguments: Digest::of(call.arguments.get()) }
    }

    /// Whether this permit is for exactly this call.
    pub fn covers(&self, call: &Call) -> bool {
        self.id == call.id && self.arguments == Digest::of(call.arguments.get())
    }
}
