//! The code API for people: what an editor needs to complete and check programs before they are run.
//!
//! Declarations and documentation, and where it is asked for modules that run outside of the jail. The paths are those
//! that programs see, so a program that an editor takes here imports the same names there.

mod files;
mod readme;
mod runnable;

pub use files::{Client, Files, Written};
