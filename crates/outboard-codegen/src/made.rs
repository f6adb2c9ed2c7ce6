//! What was made of each tool, without the texts: enough to take over its files where the tool did not change.

use outboard_catalog::{Server, Tool};
use outboard_types::Digest;
use std::collections::HashMap;

/// The pieces of a code API, by what they were made of.
pub(crate) type Made = HashMap<Digest, Piece>;

/// What one tool gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Its module in TypeScript, the one in Python, and the definition where it stands beside them.
    pub(crate) prints: [Option<Print>; 3],
    /// Its line in the listing of its server.
    pub(crate) line: String,
}

/// What a file is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Print {
    pub(crate) digest: Digest,
    pub(crate) length: u64,
}

impl Print {
    pub(crate) fn of(text: &str) -> Self {
        Self { digest: Digest::of(text), length: text.len() as u64 }
    }
}

/// Of everything that a tool's files and its line are made of.
pub(crate) fn key(server: &Server, tool: &Tool) -> Digest {
    // The definition does not say what was learned of the results.
    let results = tool.output_schema.as_ref().map(ToString::to_string).unwrap_or_default();
    let own = [tool.names.typescript.as_str(), &tool.names.python, tool.id.tool.as_str(), tool.raw.get(), &results];
    let of_server = [server.name.as_str(), &server.names.folder, &server.names.package];
    Digest::of_all(own.into_iter().chain(of_server).map(str::as_bytes))
}
