//! The sandbox against a small guest: every refused thing is tried, every limit hit.

#![allow(clippy::unwrap_used, reason = "a failed step fails its test")]

mod again;
mod channel;
mod engines;
mod engines_external;
mod hiding;
mod jail;
mod lifetime;
mod limits;
mod network;
mod npm;
mod packages;
mod residue;
mod support;
mod template;
mod tier_b;
mod wake;
