//! The MCP server side: what agents connect to.
//!
//! [`Service`] answers requests of both protocol eras; `stdio` and `http` carry them. Past this edge
//! everything is a [`ToolError`](outboard_types::ToolError) or a report; only here do they become protocol
//! messages. Never here: running programs or calling upstreams other than through `outboard-execution`.

mod approvals;
mod arguments;
mod bridge;
mod calls;
mod client;
mod desk;
pub mod http;
mod local;
mod news;
mod offers;
mod protocol;
mod questions;
mod requests;
mod seal;
mod service;
mod skills;
pub mod stdio;
mod tools;
mod trace;
pub mod webhook;
mod wire;

pub use client::{Agent, Client, Tell};
pub use protocol::{LATEST_LEGACY, MODERN};
pub use questions::{Asker, Elicitation, Reply};
pub use service::{Caller, Expose, Instructions, ProgressSink, Service, ServiceOptions};
pub use tools::definitions;
