//! Generated modules, judged by the languages' own parsers.

#![allow(clippy::unwrap_used, reason = "the helpers of tests fail like tests")]

mod checkers;
mod corpus;
mod fixture;
mod golden;
mod hostile;
mod judge;
mod lines;
mod strange;
mod writing;

#[path = "../judge/mod.rs"]
#[allow(dead_code, reason = "a tool uses the rest of it")]
mod judging;
