//! The console over a port that only pretends: who gets in, what is refused, what reaches the port.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod door;
mod routes;
mod support;
