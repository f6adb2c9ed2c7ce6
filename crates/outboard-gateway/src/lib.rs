//! The single door: every call to an upstream passes this chain of layers, or does not happen.
//!
//! A [`Layer`] sees a [`Request`] on its way in and an [`Outcome`](outboard_types::Outcome) on its way
//! out. [`chain`] is the one place that says which layers there are and in which order. The innermost step
//! takes a [`Permit`], which only the `authorize` layer can make, and for a call that has to be asked about
//! only after a person's yes; a chain that forgot to authorise reaches nothing. Tool calls, resources,
//! prompts and what servers ask back all walk the same way ([`Operation`]).
//!
//! Never here: transports, SDKs, HTTP, processes, or settings files. What an upstream is, this crate
//! declares ([`Upstream`]); others provide it, and the other ports: [`Rules`] (the policy), [`Definitions`]
//! (pins), [`Privacy`] (private values), [`ApprovalStore`](approvals::ApprovalStore), [`Spending`] and [`Usual`] (the journal).

pub mod approvals;
mod chain;
mod clock;
mod glob;
mod journalled;
mod layers;
mod notes;
mod operation;
mod permit;
mod ports;
mod privacy;
mod rulebook;
mod run;
mod runaway;
mod service;
mod spending;

pub use approvals::{ApprovalDesk, Ground};
pub use chain::{Gateway, Options, chain};
pub use clock::{CallClock, Held};
pub use layers::breaker::{CircuitOptions, CircuitState, CircuitView, Circuits};
pub use layers::quota::{Per, QuotaRule, Rate};
pub use layers::retry::RetryOptions;
pub use notes::{Decided, Noted, Notes};
pub use operation::{Kind, Operation};
pub use permit::Permit;
pub use ports::{Definitions, ForgottenSpending, NoHistory, Reader, Spending, Unpinned, Usual, definition_changed};
pub use privacy::{Flow, NothingPrivate, Privacy};
pub use rulebook::{Action, Decision, Rulebook, Rules};
pub use run::{Run, RunLimits};
pub use runaway::RunawayOptions;
pub use service::{Answer, Layer, Next, Request, Upstream};
pub use spending::{Budget, BudgetPer, Forecast, Money, OnExceed, Price, SpendingOptions};
