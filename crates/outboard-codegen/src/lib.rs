//! From the catalogue to the code API: TypeScript and Python modules, one file a tool.
//!
//! Pure text: the same catalogue gives the same bytes. Everything that a server wrote ends up inside a
//! comment, a documentation text or a quoted name, never as code. Never here: connections, search, running.

mod api;
mod docs;
mod hoist;
mod made;
mod materialise;
mod meet;
mod people;
mod python;
mod quote;
mod reader;
mod shape;
mod share;
mod signature;
mod types;
mod typescript;

pub use api::{CodeApi, generate};
pub use materialise::{MaterialiseError, Published, materialise, publish};
pub use people::{Client, Files, Written};
pub use signature::{details, signature, summary};
