//! What happened, as traces and metrics that other programs understand.
//!
//! The journal is the source: an execution's spans are made from its rows by one function, [`tree()`], when it
//! ends and whenever somebody asks again. What was sent live and what is sent later from the journal is
//! therefore the same, ids included. [`Telemetry`] hears of the ends of executions, draws their trees in the
//! background and sends them by OTLP over HTTP; [`metrics`] counts what it hears.
//!
//! Never here: settings files, the environment (callers pass a look-up), what is private (callers pass a mask),
//! and anything on the path of a call.

mod alerts;
mod encode;
pub mod metrics;
pub mod names;
mod options;
mod sampler;
mod send;
mod span;
mod tree;

pub use alerts::AlertOptions;
pub use options::{Endpoint, Options, Protocol};
pub use sampler::Sampler;
pub use send::{SendError, Sent, Settled, Stats, Telemetry, resend};
pub use span::{Event, Kind, Link, Span, Value};
pub use tree::{Content, Trace, TreeOptions, tree, whole};
