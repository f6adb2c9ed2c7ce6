//! Finding a tool by what a program or a model wrote, and what to say when it is not there.

use crate::{Catalogue, Server, Tool, nearest};
use outboard_types::{ErrorCode, ToolError};

/// Longer joined names are not looked up: both parts have at most 256 bytes.
const LONGEST: usize = 520;

impl Catalogue {
    /// A tool by any of its server's names and any of its own.
    ///
    /// # Errors
    /// `unknown_server` or `unknown_tool`, with the nearest names as the hint.
    pub fn find(&self, server: &str, tool: &str) -> Result<&Tool, ToolError> {
        let found = self.server(server).ok_or_else(|| self.unknown_server(server))?;
        found.tool(tool).ok_or_else(|| unknown_tool(found, tool))
    }

    /// A tool by a joined name such as `google-drive__get_document` or `googleDrive.getDocument`.
    ///
    /// # Errors
    /// `unknown_tool` if no tool or more than one can be meant.
    pub fn find_joined(&self, name: &str) -> Result<&Tool, ToolError> {
        // Models also write the names that their client showed them and the paths that they import.
        let shorter = || ["mcp__", "servers.", "servers/"].iter().find_map(|start| name.strip_prefix(start));
        let mut found = self.candidates(name);
        if found.is_empty() {
            found = shorter().map(|name| self.candidates(name)).unwrap_or_default();
        }
        match found[..] {
            [tool] => Ok(tool),
            [] => Err(self.unknown_joined(shorter().unwrap_or(name))),
            _ => Err(ambiguous(name, &found)),
        }
    }

    /// Every tool that the name can mean, whatever part of it is the server's.
    fn candidates(&self, name: &str) -> Vec<&Tool> {
        let mut found: Vec<&Tool> = Vec::new();
        if name.len() > LONGEST {
            return found;
        }
        for separator in ["__", ".", "/"] {
            for at in (0..name.len()).filter(|&at| name.as_bytes()[at..].starts_with(separator.as_bytes())) {
                let (server, tool) = (&name[..at], &name[at + separator.len()..]);
                let tool = self.server(server).and_then(|server| server.tool(tool));
                found.extend(tool.filter(|tool| !found.iter().any(|known| known.id == tool.id)));
            }
        }
        found
    }

    fn unknown_server(&self, name: &str) -> ToolError {
        let names = || self.servers.iter().map(|server| server.name.as_str());
        let close = nearest(name, names(), 3);
        let shown: Vec<&str> = if close.is_empty() { names().take(20).collect() } else { close };
        let hint =
            if shown.is_empty() { "no server is configured".into() } else { format!("servers: {}", shown.join(", ")) };
        let mut error = ToolError::new(ErrorCode::UnknownServer, format!("no server is named {:?}", cut(name)));
        error.server = cut(name);
        error.hint(hint)
    }

    fn unknown_joined(&self, name: &str) -> ToolError {
        // Where the first part is a server, its tools are what may be meant.
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

fn ambiguous(name: &str, found: &[&Tool]) -> ToolError {
    let pair = |tool: &&Tool| format!("{:?} of {:?}", tool.id.tool.as_str(), tool.id.server.as_str());
    let pairs: Vec<String> = found.iter().take(4).map(pair).collect();
    ToolError::new(ErrorCode::UnknownTool, format!("{:?} could mean several tools", cut(name)))
        .hint(format!("name server and tool apart: {}", pairs.join(" or ")))
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
    error.tool = cut(tool);
    error.hint(hint)
}

fn cut(name: &str) -> String {
    name.chars().take(80).collect()
}
