//! The vocabulary every other crate speaks: names, ids, calls, outcomes, error codes.
//!
//! A type enters here when two crates need it. Never here: I/O other than a look at the clock, settings, policy, or
//! anything that knows a transport. Everything is plain data that can be built in a test in one line.

mod call;
mod clock;
mod digest;
mod error;
mod glob;
mod names;
mod redacted;
mod trace;

pub use call::{Call, CallContext, CallOrigin, Outcome, ToolResult};
pub use clock::{now_ms, now_us};
pub use digest::Digest;
pub use error::{ErrorCode, ToolError};
pub use glob::glob;
pub use names::{ExecutionId, Language, NameError, Principal, ServerName, SessionName, ToolId, ToolName};
pub use redacted::Redacted;
pub use trace::{CallTracing, SpanId, TraceContext, TraceId, TraceOrigin, TraceParent, Wire, WireNote};

pub use tokio_util::sync::CancellationToken;
