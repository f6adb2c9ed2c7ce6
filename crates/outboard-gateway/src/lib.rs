//! The single door: every call to an upstream passes this chain of layers, or does not happen.
//!
//! A [`Layer`] sees a [`Request`] on its way in and an [`Outcome`] on its way out. [`chain`] is the one
//! place that says which layers there are and in which order. The innermost step takes a [`Permit`],
//! which only the `authorize` layer can make, so a chain that forgot to authorise does not compile into
//! one that calls.
//!
//! Never here: transports, SDKs, HTTP, processes, or settings files. What an upstream is, this crate
//! declares ([`Upstream`]); others provide it.

mod chain;
mod layers;
mod permit;
mod run;
mod service;

pub use chain::{Gateway, Options, chain};
pub use layers::authorize::{Access, AccessRule};
pub use permit::Permit;
pub use run::{Run, RunLimits};
pub use service::{Answer, Layer, Next, Request, Upstream};
