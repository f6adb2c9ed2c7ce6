//! JSON-RPC 2.0 over lines of text, the same for both roles.
//!
//! Parameters and results stay raw JSON text: what this room does not need to understand it does not
//! parse. Never here: anything that knows MCP beyond the cancellation notification, or who starts a
//! process.

mod lines;
mod message;
mod outgoing;
mod peer;
mod pending;

pub(crate) use message::{Id, Message, RpcError, for_each_message, notification, request, response};
pub(crate) use peer::{Handler, Peer};
pub(crate) use pending::{OnDrop, Pending, RequestError};

/// The longest message accepted from the other side, in bytes.
pub(crate) const MAX_MESSAGE: usize = 64 << 20;

/// `null`, for requests whose parameters or results are empty.
pub(crate) fn raw(text: &str) -> Box<serde_json::value::RawValue> {
    serde_json::value::RawValue::from_string(text.to_owned()).unwrap_or_default()
}
