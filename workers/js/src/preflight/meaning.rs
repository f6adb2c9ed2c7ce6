//! What names and paths stand for: the servers, one of them, one function.

use super::surface::Surface;

/// What an expression stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Servers,
    Server(usize),
    Tool(usize, usize),
    /// `callMCPTool`.
    Primitive,
}

/// Names that the language itself asks any object for; asking a server for one is no mistake.
pub(super) const OF_THE_LANGUAGE: &[&str] = &[
    "then",
    "toJSON",
    "constructor",
    "toString",
    "valueOf",
    "inspect",
    "default",
    "__esModule",
    "nodeType",
    "length",
    "catch",
    "finally",
    "hasOwnProperty",
    "name",
    "__proto__",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
];

/// Functions that every engine has: they are looked up on no server.
const COMMON: &[&str] = &[
    "parseInt",
    "parseFloat",
    "String",
    "Number",
    "Boolean",
    "BigInt",
    "Symbol",
    "Array",
    "Object",
    "Date",
    "Promise",
    "fetch",
    "setTimeout",
    "setInterval",
    "clearTimeout",
    "clearInterval",
    "setImmediate",
    "queueMicrotask",
    "isNaN",
    "isFinite",
    "structuredClone",
    "encodeURIComponent",
    "decodeURIComponent",
    "encodeURI",
    "decodeURI",
    "atob",
    "btoa",
    "require",
    "eval",
    "Function",
    "Error",
    "TypeError",
    "RangeError",
    "RegExp",
    "sleep",
    "searchTools",
];

/// What stands for all servers where nothing of that name is defined.
const ALL: &[&str] = &["mcp", "mcpservers", "tools", "outboard", "api", "sdk"];

impl Meaning {
    /// What a member of this is.
    pub(super) fn member(self, name: &str, surface: &Surface<'_>) -> Option<Self> {
        match self {
            Self::Servers => surface.server_like(name).map(Self::Server),
            Self::Server(_) if name == "default" => Some(self),
            Self::Server(server) => surface.tool(server, name).map(|tool| Self::Tool(server, tool)),
            Self::Tool(..) | Self::Primitive => None,
        }
    }

    /// What a name means that the program does not define.
    pub(super) fn free(name: &str, called: bool, surface: &Surface<'_>) -> Option<Self> {
        match name {
            "servers" => return Some(Self::Servers),
            "callMCPTool" | "callTool" | "call_tool" | "call_mcp_tool" => return Some(Self::Primitive),
            _ if COMMON.contains(&name) => return None,
            _ => {}
        }
        let server = surface
            .servers
            .iter()
            .position(|entry| [&entry.namespace, &entry.package, &entry.folder].iter().any(|own| *own == name));
        if let Some(server) = server {
            return Some(Self::Server(server));
        }
        if ALL.contains(&name.to_ascii_lowercase().as_str()) {
            return Some(Self::Servers);
        }
        called.then(|| surface.only(name).map(|(server, tool)| Self::Tool(server, tool))).flatten()
    }

    /// What the module of an import path stands for.
    pub(super) fn module(path: &str, surface: &Surface<'_>) -> Option<Self> {
        let mut parts = path.split('/').skip_while(|part| *part != "servers").skip(1).filter(|part| !part.is_empty());
        if !path.split('/').any(|part| part == "servers") {
            return None;
        }
        let Some(name) = parts.next().map(stem).filter(|name| *name != "index") else { return Some(Self::Servers) };
        let server = Self::Server(surface.server(name)?);
        match (parts.next().map(stem), parts.next()) {
            (None | Some("index"), None) => Some(server),
            (Some(tool), None) => server.member(tool, surface),
            _ => None,
        }
    }
}

/// The server whose whole module a path leads to.
pub(super) fn server_of(path: &str, surface: &Surface<'_>) -> Option<usize> {
    match Meaning::module(path, surface)? {
        Meaning::Server(server) => Some(server),
        _ => None,
    }
}

fn stem(file: &str) -> &str {
    [".d.ts", ".ts", ".js", ".mjs", ".cjs"].iter().find_map(|end| file.strip_suffix(end)).unwrap_or(file)
}
