//! Reports of made-up results, and scenarios against each other.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod reports;
