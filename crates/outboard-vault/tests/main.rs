//! The vault from outside: what is shown, what comes back, and what is in the file.
#![allow(clippy::unwrap_used, reason = "the helpers of tests fail like tests")]

mod code;
mod flows;
mod json;
mod keeping;
mod laws;
mod secrets;
mod speed;
mod streaming;
mod support;
mod together;
mod tokens;
