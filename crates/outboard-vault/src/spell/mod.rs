//! Ways to spell a value that a reader undoes without thinking, for both directions: what a model is shown, and what is on
//! its way to a server.
//!
//! Never here: encodings that take a tool to undo, and what is done with a value that was found.

mod codes;
mod lists;
mod rows;
mod whole;

pub(crate) use codes::codes;
pub(crate) use rows::bent;
pub(crate) use whole::{glued, latin, reversed, squeezed, turned, visible};
