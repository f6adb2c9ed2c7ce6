//! What the journal promises, on real files.
#![allow(clippy::unwrap_used, reason = "what fails here is a failed test")]

mod approvals;
mod audit;
mod concurrency;
mod crash;
mod durable;
mod files;
mod keeping;
mod replay;
mod samples;
mod sealing;
mod searching;
mod state;
mod tokens;
mod troubles;
mod twins;
