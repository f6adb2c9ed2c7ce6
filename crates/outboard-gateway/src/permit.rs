//! The proof that a call was authorised.

use crate::approvals::Approved;
use crate::{CallClock, Kind};
use outboard_types::{Call, Digest, ToolId};
use serde_json::value::RawValue;
use std::sync::Arc;

/// Proof that the `authorize` layer allowed one call, after a person's yes where one was needed. It names
/// the tool and the digest of the arguments, is used up by the call, and can be made nowhere else.
///
/// ```compile_fail
/// // There is no public constructor, and the fields are private.
/// let permit = outboard_gateway::Permit { id: panic!(), arguments: panic!(), digest: panic!(), approved: None };
/// ```
///
/// ```compile_fail
/// // A permit cannot be doubled either.
/// fn double(permit: &outboard_gateway::Permit) -> outboard_gateway::Permit { permit.clone() }
/// ```
#[derive(Debug)]
pub struct Permit {
    id: ToolId,
    arguments: Arc<RawValue>,
    digest: Digest,
    approved: Option<Approved>,
    clock: CallClock,
}

/// Why a call may happen; what [`Permit::of`] asks to see. A call that has to be asked about has no other
/// way to one than the [`Approved`] that only the desk makes.
pub(crate) enum Clearance {
    /// Rules let it pass.
    Rules,
    /// A person said yes.
    Person(Approved),
}

impl Permit {
    pub(crate) fn of(call: &Call, why: Clearance) -> Self {
        let digest = Digest::of(call.arguments.get());
        let approved = match why {
            Clearance::Rules => None,
            Clearance::Person(approved) => Some(approved),
        };
        let (arguments, clock) = (call.arguments.clone(), CallClock::default());
        Self { id: call.id.clone(), arguments, digest, approved, clock }
    }

    /// The same proof for another attempt at the same call.
    pub(crate) fn again(&self) -> Self {
        let (arguments, approved) = (self.arguments.clone(), self.approved.clone());
        Self { id: self.id.clone(), arguments, digest: self.digest, approved, clock: self.clock.clone() }
    }

    /// The same proof with the clock of its call.
    pub(crate) fn timed(self, clock: CallClock) -> Self {
        Self { clock, ..self }
    }

    /// The clock of the call: to be held while its server waits for somebody.
    pub fn clock(&self) -> &CallClock {
        &self.clock
    }

    /// Whether this permit is for exactly this call.
    pub fn covers(&self, call: &Call) -> bool {
        // Raw values never change, and the permit keeps its own alive: the same place is the same text.
        let same = Arc::ptr_eq(&self.arguments, &call.arguments);
        self.id == call.id && (same || self.digest == Digest::of(call.arguments.get()))
    }

    /// The person's yes, where one was needed.
    pub fn approved(&self) -> Option<&Approved> {
        self.approved.as_ref()
    }

    /// What was permitted: a tool call, or one of the other requests that pass the door.
    pub fn kind(&self) -> Kind {
        Kind::of(&self.id)
    }
}
