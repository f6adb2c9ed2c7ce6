//! The loop with a model that says what a test wants, and the client over real HTTP.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod http;
mod loops;
mod support;
