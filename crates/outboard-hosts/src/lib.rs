//! The settings files of programs that use MCP servers: where they are, what they say, and how to change one
//! entry of them without touching anything else.
//!
//! Pure: text in, servers out; text and an entry in, text out. Every change is proven by reading the result
//! again: all that was there is there still, and the one entry is new or gone. Never here: files, the
//! environment, printing; and never a value of a file in an error, because it may be a secret.

mod dialect;
mod error;
mod fields;
mod format;
mod host;
mod own;
mod secret;
mod server;
mod settings;
mod vars;

pub use dialect::{read, read_json};
pub use error::HostError;
pub use format::{insert, raw_entries, remove};
pub use host::{Base, Bases, Dialect, Format, HOSTS, Host, Place, Scope, host};
pub use own::{is_own, own_entry};
pub use secret::{MASK, masked_argument, masked_arguments, masked_url, masked_value, with_references};
pub use server::{Entry, Raw, Refused, Server, Transport};
pub use settings::{Addition, add_servers, usable_name};
pub use vars::{Surroundings, references};

/// The largest file that is read, in bytes; one client keeps its whole history in the file of its settings.
pub const LONGEST_FILE: usize = 32 << 20;

/// Most servers of one file that are looked at.
pub const MOST_SERVERS: usize = 1_000;
