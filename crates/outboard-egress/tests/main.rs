//! The way out against servers, names and clients that are made up here.
#![allow(clippy::unwrap_used, reason = "helpers of tests may unwrap")]

mod clients;
mod corpus;
mod fetch;
mod proxy;
mod steady;
mod world;
