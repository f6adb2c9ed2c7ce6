//! All servers of one generation.

use crate::naming::{Taken, assign, camel, folder, snake};
use crate::{Server, ServerNames, Tool};
use outboard_types::{Digest, ServerName, ToolId};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::sync::Arc;

/// What one server declared.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The server's configured name.
    pub server: ServerName,
    /// Its display name, from the handshake.
    pub title: Option<String>,
    /// Its instructions, from the handshake.
    pub instructions: Option<String>,
    /// Its tool definitions as it sent them.
    pub tools: Vec<Box<RawValue>>,
}

/// An immutable snapshot of all servers, sorted by name.
#[derive(Debug)]
pub struct Catalogue {
    /// Which one it is, from 1 upwards in one process.
    pub generation: u64,
    /// Digest of everything in it; the same listings give the same digest.
    pub digest: Digest,
    /// The servers.
    pub servers: Vec<Arc<Server>>,
    by_name: HashMap<String, usize>,
}

impl Catalogue {
    /// Builds a snapshot of everything listed. Of two listings of one server the later counts.
    pub fn build(generation: u64, listings: Vec<Listing>) -> Self {
        Self::build_of(generation, listings, &|_| true)
    }

    /// Builds a snapshot of the tools that `keep` lets in; the others are as if they were not listed.
    pub fn build_of(generation: u64, mut listings: Vec<Listing>, keep: &dyn Fn(&Tool) -> bool) -> Self {
        listings.sort_by(|a, b| a.server.cmp(&b.server));
        listings.dedup_by(|later, first| {
            let same = later.server == first.server;
            if same {
                std::mem::swap(later, first);
            }
            same
        });
        let names = names(&listings);
        let servers =
            listings.into_iter().zip(names).map(|(listing, names)| Arc::new(Server::build(listing, names, keep)));
        let servers: Vec<_> = servers.collect();
        let (digest, by_name) = (digest(&servers), server_names(&servers));
        Self { generation, digest, servers, by_name }
    }

    /// The same with types of results that were learned, for tools that declare none.
    pub fn learned(mut self, learned: &dyn Fn(&Tool) -> Option<serde_json::Value>) -> Self {
        let mut texts = String::new();
        for server in self.servers.iter_mut().filter_map(Arc::get_mut) {
            for tool in server.tools.iter_mut().filter(|tool| tool.output_schema.is_none()) {
                if let Some(schema) = learned(tool) {
                    texts.push_str(&schema.to_string());
                    tool.output_schema = Some(schema);
                }
            }
        }
        if !texts.is_empty() {
            self.digest = Digest::of(format!("{}{texts}", self.digest));
        }
        self
    }

    /// A server by its own name, folder, namespace or package.
    pub fn server(&self, name: &str) -> Option<&Arc<Server>> {
        self.by_name.get(name).map(|&at| &self.servers[at])
    }

    /// A tool by its id.
    pub fn tool(&self, id: &ToolId) -> Option<&Tool> {
        let server = self.server(id.server.as_str()).filter(|server| server.name == id.server)?;
        server.tool(id.tool.as_str()).filter(|tool| tool.id.tool == id.tool)
    }
}

/// Names for all servers. A package that is another server's folder would mix two servers' files.
fn names(listings: &[Listing]) -> Vec<ServerNames> {
    let raw: Vec<&str> = listings.iter().map(|listing| listing.server.as_str()).collect();
    let mut folders_taken = Taken::default();
    let folders = assign(&raw, folder, &mut folders_taken);
    let namespaces = assign(&raw, camel, &mut Taken::default());
    let mut taken = Taken::default();
    let mut packages = assign(&raw, snake, &mut taken);
    for (package, folder) in packages.iter_mut().zip(&folders) {
        while package != folder && folders_taken.holds(package) {
            *package = taken.take(package.clone());
        }
    }
    let names = folders.into_iter().zip(namespaces).zip(packages);
    names.map(|((folder, namespace), package)| ServerNames { folder, namespace, package }).collect()
}

/// Names and descriptions of servers count too: they are part of what is generated.
fn digest(servers: &[Arc<Server>]) -> Digest {
    let digests: Vec<String> = servers.iter().map(|server| server.digest.to_string()).collect();
    let parts = servers.iter().zip(&digests);
    Digest::of_all(parts.flat_map(|(server, digest)| {
        [server.name.as_str().as_bytes(), server.description.as_bytes(), digest.as_bytes()]
    }))
}

/// Own names win over folders, namespaces and packages of others.
fn server_names(servers: &[Arc<Server>]) -> HashMap<String, usize> {
    let mut names: HashMap<String, usize> =
        servers.iter().enumerate().map(|(at, server)| (server.name.to_string(), at)).collect();
    for (at, server) in servers.iter().enumerate() {
        for name in [&server.names.folder, &server.names.namespace, &server.names.package] {
            names.entry(name.clone()).or_insert(at);
        }
    }
    names
}
