//! What the gateway wants to be told: the accepted definitions, and what is usual; and what the console looks at.
//!
//! Never here: decisions; these only carry words from one crate's shape to another's.

mod console;
mod definitions;
mod usual;

pub(crate) use console::{Office, Parts};
pub(crate) use definitions::{LockedDefinitions, today};
pub(crate) use usual::LearnedUsual;
