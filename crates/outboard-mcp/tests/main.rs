//! Integration tests of both sides of MCP.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod client;
