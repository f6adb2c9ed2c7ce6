//! Tests across the parts of the policy engine.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod accepted;
mod decisions;
mod expecting;
mod fixture;
mod flagged;
mod laws;
