//! Both directions over a made-up network: how a sign-in goes, what leads it astray, and who is let in.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod flow;
mod hostile;
mod keeping;
mod proofs;
mod protected;
mod support;
