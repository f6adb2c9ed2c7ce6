//! All servers of one generation.

use crate::naming::{Taken, camel, folder, snake};
use crate::{Tool, ToolNames, nearest};
use outboard_types::{Digest, ErrorCode, ServerName, ToolError, ToolId};
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Longest one-line description of a server, in characters.
const LINE: usize = 100;

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
    joined: HashMap<String, Option<(usize, usize)>>,
}

/// One server and its tools, sorted by name.
#[derive(Debug)]
pub struct Server {
    /// The configured name.
    pub name: ServerName,
    /// One line about it.
    pub description: String,
    /// What programs call it.
    pub names: ServerNames,
    /// Its usable tools.
    pub tools: Vec<Tool>,
    /// Digest of its tools' definitions.
    pub digest: Digest,
    /// What was wrong with definitions that are left out.
    pub problems: Vec<String>,
    by_name: HashMap<String, usize>,
}

/// A server's names in programs; unique within the catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerNames {
    /// The folder below `/servers`, such as `google-drive`.
    pub folder: String,
    /// The TypeScript namespace, such as `googleDrive`.
    pub namespace: String,
    /// The Python package, such as `google_drive`.
    pub package: String,
}

impl Catalogue {
    /// Builds a snapshot. Of two listings of one server the later counts.
    pub fn build(generation: u64, mut listings: Vec<Listing>) -> Self {
        listings.sort_by(|a, b| a.server.cmp(&b.server));
        let (mut folders, mut namespaces, mut packages) = (Taken::default(), Taken::default(), Taken::default());
        folders.reserve(&[".api", "outboard.d.ts", "README.md", "__init__.py"]);
        let mut servers: Vec<Arc<Server>> = Vec::new();
        for listing in listings {
            if servers.last().is_some_and(|last| last.name == listing.server) {
                servers.pop();
            }
            let name = listing.server.as_str();
            let names = ServerNames {
                folder: folders.take(folder(name)),
                namespace: namespaces.take(camel(name)),
                package: packages.take(snake(name)),
            };
            servers.push(Arc::new(Server::build(listing, names)));
        }
        let digest = digest(&servers);
        let by_name = server_names(&servers);
        let joined = joined_names(&servers);
        Self { generation, digest, servers, by_name, joined }
    }

    /// A server by its own name, folder, namespace or package.
    pub fn server(&self, name: &str) -> Option<&Arc<Server>> {
        self.by_name.get(name).map(|&at| &self.servers[at])
    }

    /// A tool by its id.
    pub fn tool(&self, id: &ToolId) -> Option<&Tool> {
        let server = self.server(id.server.as_str()).filter(|server| server.name == id.server)?;
        let at = server.tools.binary_search_by(|tool| tool.id.tool.cmp(&id.tool)).ok()?;
        Some(&server.tools[at])
    }

    /// A tool by any of its server's names and any of its own.
    pub fn find(&self, server: &str, tool: &str) -> Result<&Tool, ToolError> {
        let found = self.server(server).ok_or_else(|| self.unknown_server(server))?;
        match found.by_name.get(tool) {
            Some(&at) => Ok(&found.tools[at]),
            None => Err(unknown_tool(found, tool)),
        }
    }

    /// A tool by a joined name such as `google-drive__get_document` or `googleDrive.getDocument`.
    pub fn find_joined(&self, name: &str) -> Result<&Tool, ToolError> {
        match self.joined.get(name) {
            Some(Some((server, tool))) => Ok(&self.servers[*server].tools[*tool]),
            Some(None) => Err(ToolError::new(ErrorCode::UnknownTool, format!("{name:?} could mean several tools"))
                .hint("name server and tool apart")),
            None => Err(self.unknown_joined(name)),
        }
    }

    fn unknown_server(&self, name: &str) -> ToolError {
        let names = || self.servers.iter().map(|server| server.name.as_str());
        let close = nearest(name, names(), 3);
        let shown: Vec<&str> = if close.is_empty() { names().take(20).collect() } else { close };
        let hint =
            if shown.is_empty() { "no server is configured".into() } else { format!("servers: {}", shown.join(", ")) };
        ToolError::new(ErrorCode::UnknownServer, format!("no server is named {:?}", cut(name))).hint(hint)
    }

    fn unknown_joined(&self, name: &str) -> ToolError {
        // Where the first part is a server, its tools are the candidates.
        let parts = name.split_once("__").or_else(|| name.split_once('.')).or_else(|| name.split_once('/'));
        if let Some((server, tool)) = parts
            && let Some(server) = self.server(server)
        {
            return unknown_tool(server, tool);
        }
        let names: Vec<String> =
            self.servers.iter().flat_map(|server| &server.tools).map(|tool| tool.id.to_string()).collect();
        let close = nearest(name, names.iter().map(String::as_str), 3);
        let hint = if close.is_empty() {
            "find tools with search_tools".into()
        } else {
            format!("did you mean {}?", close.join(", "))
        };
        ToolError::new(ErrorCode::UnknownTool, format!("no tool is named {:?}", cut(name))).hint(hint)
    }
}

impl Server {
    fn build(listing: Listing, names: ServerNames) -> Self {
        let Listing { server: name, title, instructions, tools } = listing;
        let (mut read, mut problems) = (Vec::new(), Vec::new());
        for raw in tools {
            match Tool::read(&name, raw) {
                Ok(tool) => read.push(tool),
                Err(problem) => problems.push(problem),
            }
        }
        read.sort_by(|a: &Tool, b| a.id.cmp(&b.id).then_with(|| a.fingerprint.cmp(&b.fingerprint)));
        let mut seen = HashSet::new();
        read.retain(|tool| {
            let new = seen.insert(tool.id.tool.clone());
            if !new {
                problems.push(format!("{}: declared twice", tool.id.tool));
            }
            new
        });
        give_names(&mut read);
        let digests: Vec<String> = read.iter().map(|tool| tool.fingerprint.to_string()).collect();
        let digest = Digest::of_all(digests.iter().map(|digest| digest.as_bytes()));
        let description = describe(title.as_deref(), instructions.as_deref(), &read);
        let by_name = tool_names(&read);
        Self { name, description, names, tools: read, digest, problems, by_name }
    }
}

fn give_names(tools: &mut [Tool]) {
    let (mut typescript, mut python) = (Taken::default(), Taken::default());
    // A module of that name would hide the barrel of the folder.
    typescript.reserve(&["index"]);
    for tool in tools {
        let name = tool.id.tool.as_str();
        tool.names = ToolNames { typescript: typescript.take(camel(name)), python: python.take(snake(name)) };
    }
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
    let mut names = HashMap::new();
    for (at, server) in servers.iter().enumerate() {
        names.insert(server.name.to_string(), at);
    }
    for (at, server) in servers.iter().enumerate() {
        for name in [&server.names.folder, &server.names.namespace, &server.names.package] {
            names.entry(name.clone()).or_insert(at);
        }
    }
    names
}

fn tool_names(tools: &[Tool]) -> HashMap<String, usize> {
    let mut names: HashMap<String, usize> =
        tools.iter().enumerate().map(|(at, tool)| (tool.id.tool.to_string(), at)).collect();
    for (at, tool) in tools.iter().enumerate() {
        for name in [&tool.names.typescript, &tool.names.python] {
            names.entry(name.clone()).or_insert(at);
        }
    }
    names
}

/// Every joined spelling; one that two tools share means neither.
fn joined_names(servers: &[Arc<Server>]) -> HashMap<String, Option<(usize, usize)>> {
    let mut names: HashMap<String, Option<(usize, usize)>> = HashMap::new();
    for (s, server) in servers.iter().enumerate() {
        let sides: HashSet<&str> =
            [server.name.as_str(), &server.names.folder, &server.names.namespace, &server.names.package].into();
        for (t, tool) in server.tools.iter().enumerate() {
            let own: HashSet<&str> = [tool.id.tool.as_str(), &tool.names.typescript, &tool.names.python].into();
            for (side, name) in sides.iter().flat_map(|side| own.iter().map(move |name| (side, name))) {
                for joined in [format!("{side}__{name}"), format!("{side}.{name}"), format!("{side}/{name}")] {
                    let entry = names.entry(joined).or_insert(Some((s, t)));
                    if *entry != Some((s, t)) {
                        *entry = None;
                    }
                }
            }
        }
    }
    names
}

fn unknown_tool(server: &Server, tool: &str) -> ToolError {
    let names = || server.tools.iter().map(|tool| tool.id.tool.as_str());
    let close = nearest(tool, names(), 3);
    let hint = match close.is_empty() {
        false => format!("did you mean {}?", close.join(", ")),
        true => format!("its tools: {}", names().take(20).collect::<Vec<_>>().join(", ")),
    };
    let mut error = ToolError::new(ErrorCode::UnknownTool, format!("{} has no tool {:?}", server.name, cut(tool)));
    error.server = server.name.to_string();
    error.hint(hint)
}

fn cut(name: &str) -> String {
    name.chars().take(80).collect()
}

/// One line from the title or the instructions, else from the tools' names.
fn describe(title: Option<&str>, instructions: Option<&str>, tools: &[Tool]) -> String {
    let said = [instructions, title].into_iter().flatten().map(clean).find(|line| !line.is_empty());
    said.unwrap_or_else(|| {
        let names: Vec<_> = tools.iter().take(4).map(|tool| tool.id.tool.as_str()).collect();
        let more = if tools.len() > 4 { ", …" } else { "" };
        clean(&format!("{}{more}", names.join(", ")))
    })
}

/// The first sentence on one line, without characters that hide or reorder text.
fn clean(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let sentence = line.split_inclusive(". ").next().unwrap_or_default().trim();
    let hidden = |c: &char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    let mut short: String = sentence.chars().filter(|c| !hidden(c)).take(LINE + 1).collect();
    if short.chars().count() > LINE {
        short = format!("{}…", short.chars().take(LINE - 1).collect::<String>().trim_end());
    }
    short
}
