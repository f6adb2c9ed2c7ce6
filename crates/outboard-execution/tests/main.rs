//! Durable executions, proven: a simulated world of seeded delays, failures and crashes round the real engine,
//! gateway and journal.
#![allow(clippy::unwrap_used, reason = "what fails here is a failed test")]
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "seeds and figures are for people")]

mod crash_points;
mod faults;
mod full_disks;
mod schedules;
mod sim;
mod suspended;
