//! The chain against a scripted upstream.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod approvals;
mod desk;
mod faults;
mod growth;
mod journalled;
mod layers;
mod operations;
mod order;
mod property;
mod quotas;
mod records;
mod spending;
mod support;
