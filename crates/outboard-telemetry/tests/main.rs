//! Telemetry against a receiver that speaks the official types of OTLP.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod alerts;
mod load;
mod metrics;
mod receiver;
mod sending;
mod story;
mod trees;
