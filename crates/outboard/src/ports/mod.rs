//! What the gateway wants to be told and the journal does not know: the accepted definitions.
//!
//! Never here: decisions; these only carry words from one crate's shape to another's.

mod definitions;

pub(crate) use definitions::LockedDefinitions;
