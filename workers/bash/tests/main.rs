//! Drives the real binary through its socket.
#![allow(
    clippy::unwrap_used,
    clippy::result_large_err,
    reason = "helpers of tests may unwrap, and their failures are not passed on"
)]

mod calls;
mod clock;
mod forms;
mod host;
