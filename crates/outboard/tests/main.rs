//! The program as users meet it: commands in a sealed environment, protocol sessions, real servers and clients.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod again;
mod agent;
mod approvals;
mod commands;
mod connect;
mod console;
mod crash;
mod docs;
mod durable;
mod exposed;
mod figures;
mod help;
mod hosts;
mod inbox;
mod keychain;
mod leaks;
mod lines;
mod listening;
mod logging;
mod network;
#[path = "../../outboard-sandbox/tests/npm.rs"]
mod npm;
mod packaging;
mod preflight;
mod principals;
mod privacy;
mod programs;
mod protocol;
mod real;
mod reload;
mod serve;
mod servers;
mod sign_in;
mod skills;
mod state;
mod support;
mod tasks;
mod telemetry;
mod together;
mod top;
mod trees;
mod types;
mod watching;
mod web;
mod workspace;
