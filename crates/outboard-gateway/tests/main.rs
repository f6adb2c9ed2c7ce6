//! The chain against a scripted upstream.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod layers;
mod order;
mod support;
