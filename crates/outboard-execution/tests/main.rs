//! Durable executions, proven: a simulated world of seeded delays, failures and crashes round the real engine,
//! gateway and journal.
#![allow(clippy::unwrap_used, reason = "what fails here is a failed test")]

mod crash_points;
mod full_disks;
mod schedules;
mod sim;
mod suspended;
