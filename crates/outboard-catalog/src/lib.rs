//! What upstreams declare: an immutable, numbered snapshot with names that programs can use.
//!
//! Never here: connections, files, generated text. The same listings give the same catalogue whatever
//! order they came in; a definition that makes no sense is reported, not fatal.

mod catalogue;
mod lookup;
mod naming;
mod nearest;
mod reserved;
mod schema;
mod server;
mod text;
mod tool;

pub use catalogue::{Catalogue, Listing};
pub use nearest::nearest;
pub use schema::resolve;
pub use server::{Server, ServerNames};
pub use text::is_hidden;
pub use tool::{Hints, Parameter, Tool, ToolNames};
