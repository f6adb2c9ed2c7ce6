//! Drives the real binary through its socket.
#![allow(
    clippy::unwrap_used,
    clippy::result_large_err,
    reason = "helpers of tests may unwrap, and their failures are not passed on"
)]

mod calls;
mod compat;
mod fetch;
mod forms;
mod intl;
mod limits;
mod platform;
mod repeat;
mod shapes;
mod tokens;
mod worker;
