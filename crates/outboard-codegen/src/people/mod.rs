//! The code API for people: what an editor needs to complete and check programs before they are run.
//!
//! Only declarations and documentation. What runs is in the modules that programs see; the paths are the same,
//! so a program that an editor takes here imports the same names there.

mod files;
mod readme;

pub use files::{Files, Written};
