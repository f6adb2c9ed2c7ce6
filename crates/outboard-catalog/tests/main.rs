//! The catalogue as the rest of the program uses it.

#![allow(clippy::unwrap_used, reason = "the helpers of tests fail like tests")]

mod corpus;
mod fixture;
mod hostile;
mod looking_up;
mod names;
