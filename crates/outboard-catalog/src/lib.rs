//! What upstreams declare: an immutable, numbered snapshot with names that programs can use.
//!
//! Never here: connections, files, generated text. The same listings give the same catalogue whatever
//! order they came in; a definition that makes no sense is reported, not fatal.

mod catalogue;
mod naming;
mod nearest;
mod schema;
mod tool;

pub use catalogue::{Catalogue, Listing, Server, ServerNames};
pub use nearest::nearest;
pub use tool::{Hints, Parameter, Tool, ToolNames};
