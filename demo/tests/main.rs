//! The program as its clients meet it: a process, lines of JSON, and nothing shared with the servers.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod data;
mod eras;
mod errors;
mod faults;
mod states;
mod talk;
