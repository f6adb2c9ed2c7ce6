//! What the gateway wants to be told: the accepted definitions, and what is usual.
//!
//! Never here: decisions; these only carry words from one crate's shape to another's.

mod definitions;
mod usual;

pub(crate) use definitions::{LockedDefinitions, today};
pub(crate) use usual::LearnedUsual;
