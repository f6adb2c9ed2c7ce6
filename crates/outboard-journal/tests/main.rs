//! What the journal promises, on real files.
#![allow(clippy::unwrap_used, reason = "what fails here is a failed test")]

mod concurrency;
mod crash;
mod files;
mod samples;
mod twins;
