//! Other programs that use MCP servers: what they have, and our entry among it. What their files say is read by
//! `outboard-hosts`; here are the files.

mod file;
mod found;
pub(crate) mod record;
mod taking;

pub(crate) use file::{ClientFile, harmless};
pub(crate) use found::{Found, Status, look};
pub(crate) use taking::{Target, take};
