//! Folders that programs may have changed, or are changing now: read and removed by what is held open, never by a path that
//! somebody else can give another meaning.
//!
//! Never here: what the folders are for, limits, settings.

mod held;
mod removal;

pub use held::Held;
pub use removal::remove_tree;
