//! The sandbox against a small guest: every refused thing is tried, every limit hit.

#![allow(clippy::unwrap_used, reason = "a failed step fails its test")]

mod channel;
mod jail;
mod lifetime;
mod limits;
mod support;
