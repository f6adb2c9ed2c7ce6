//! What shapes promise.
#![allow(clippy::unwrap_used, reason = "tests")]

mod bounds;
mod laws;
mod learning;
mod recorded;
mod rendering;
mod secrets;
mod store;
mod support;
