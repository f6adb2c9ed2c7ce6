//! What searching promises, on a small set of tools of its own.
#![allow(clippy::unwrap_used, reason = "what fails here is a failed test")]

mod fixture;
mod fixture_requests;
mod knowing;
mod labelled;
mod reading;
mod robust;
mod searching;
mod updating;
