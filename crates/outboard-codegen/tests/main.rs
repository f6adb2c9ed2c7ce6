//! Generated modules, judged by the languages' own parsers.

#![allow(clippy::unwrap_used, reason = "the helpers of tests fail like tests")]

mod corpus;
mod fixture;
mod golden;
mod hostile;
mod judge;
mod lines;
mod writing;
