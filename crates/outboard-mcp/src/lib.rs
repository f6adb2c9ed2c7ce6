//! Both sides of MCP: the client of upstream servers and the server that agents connect to.
//!
//! The protocol is spoken by a small JSON-RPC peer of our own ([`rpc`]), because definitions and results
//! have to pass through as the bytes they came in. Nothing here decides whether a call is allowed: that is
//! the gateway's business. Never here: policy, settings files, guest code.

pub mod client;
mod mirrored;
mod port;
mod rpc;
pub mod server;
