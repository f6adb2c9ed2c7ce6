//! All files of one catalogue.

use crate::types::Types;
use crate::{docs, python, quote, typescript};
use outboard_catalog::{Catalogue, Server, Tool};
use outboard_types::Digest;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The generated files by path below `/servers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeApi {
    /// Digest of all paths and contents: names the folder.
    pub digest: Digest,
    /// File contents by relative path.
    pub files: BTreeMap<String, String>,
}

/// Generates everything.
pub fn generate(catalogue: &Catalogue) -> CodeApi {
    let mut files = BTreeMap::new();
    files.insert(".api/index.json".into(), index(catalogue));
    files.insert("outboard.d.ts".into(), typescript::GLOBALS.into());
    files.insert("outboard_api.pyi".into(), python::PRIMITIVES.into());
    files.insert("__init__.py".into(), String::new());
    files.insert("README.md".into(), readme(catalogue));
    for server in &catalogue.servers {
        add_server(server, &mut files);
    }
    // The catalogue's own digest would not do: it does not see the order of properties.
    let digest = Digest::of_all(files.iter().flat_map(|(name, text)| [name.as_bytes(), text.as_bytes()]));
    CodeApi { digest, files }
}

/// The names of servers, for programs that look them up.
pub(crate) fn index(catalogue: &Catalogue) -> String {
    quote::json(&catalogue.servers.iter().map(|server| index_entry(server)).collect())
}

/// The same for the functions of a server: the file, and what it holds.
pub(crate) fn listing(server: &Server, tools: &[Typed<'_>]) -> (String, String) {
    let tools: Vec<Value> = tools.iter().map(|(tool, types)| tool_entry(tool, types)).collect();
    let api = json!({"server": server.name.as_str(), "tools": tools});
    (format!(".api/{}.json", server.names.folder), quote::json(&api))
}

/// A tool with its types, which are worth to be made once.
pub(crate) type Typed<'t> = (&'t Tool, Types);

/// All tools of a server.
pub(crate) fn typed(server: &Server) -> Vec<Typed<'_>> {
    server.tools.iter().map(|tool| (tool, Types::of(tool))).collect()
}

/// The module that has all functions of a server; its files end so.
pub(crate) fn barrel(server: &Server, ending: &str) -> String {
    if server.tools.is_empty() {
        // Without any export TypeScript would not take it for a module.
        return "export {};\n".into();
    }
    let name = |tool: &Tool| format!("export {{ {0} }} from \"./{0}{ending}\";\n", tool.names.typescript);
    server.tools.iter().map(name).collect()
}

/// The same in Python.
pub(crate) fn init(server: &Server) -> String {
    server.tools.iter().map(|tool| format!("from .{0} import {0} as {0}\n", tool.names.python)).collect()
}

fn index_entry(server: &Server) -> Value {
    let names = &server.names;
    json!({"server": server.name.as_str(), "folder": names.folder, "namespace": names.namespace, "package": names.package})
}

fn readme(catalogue: &Catalogue) -> String {
    let mut text = String::from("# Servers\n\n");
    for server in &catalogue.servers {
        let (folder, count) = (&server.names.folder, server.tools.len());
        text.push_str(&format!("- {folder} ({count} functions): {}\n", docs::line(&server.description, 100)));
    }
    text
}

fn add_server(server: &Server, files: &mut BTreeMap<String, String>) {
    let (folder, package) = (&server.names.folder, &server.names.package);
    let tools = typed(server);
    for (tool, types) in &tools {
        let (ts, py) = (&tool.names.typescript, &tool.names.python);
        files.insert(format!("{folder}/{ts}.ts"), typescript::module(server, tool, types));
        files.insert(format!("{package}/{py}.py"), python::module(server, tool, types));
        if types.cut || tool.description.chars().count() > docs::TOOL {
            files.insert(format!("{folder}/{ts}.json"), definition(tool));
        }
    }
    files.extend([listing(server, &tools)]);
    files.insert(format!("{folder}/index.ts"), barrel(server, ""));
    files.insert(format!("{package}/__init__.py"), init(server));
    files.insert(format!("{folder}/README.md"), server_readme(server));
}

/// The definition itself, beside modules that do not show all of it.
pub(crate) fn definition(tool: &Tool) -> String {
    let value: Value = serde_json::from_str(tool.raw.get()).unwrap_or_default();
    quote::pretty_json(&value) + "\n"
}

/// Where a program finds that file.
pub(crate) fn definition_path(server: &Server, tool: &Tool) -> String {
    format!("/servers/{}/{}.json", server.names.folder, tool.names.typescript)
}

fn tool_entry(tool: &Tool, types: &Types) -> Value {
    let params: Vec<&str> = types.arguments.iter().map(|field| field.name.as_str()).collect();
    json!({"tool": tool.id.tool.as_str(), "ts": tool.names.typescript, "py": tool.names.python, "params": params})
}

fn server_readme(server: &Server) -> String {
    let mut text =
        format!("# {}\n\n{}\n\n", docs::line(server.name.as_str(), 256), docs::line(&server.description, 100));
    for tool in &server.tools {
        let line = docs::line(&tool.description, 120);
        let colon = if line.is_empty() { "" } else { ": " };
        text.push_str(&format!("- {}{colon}{line}\n", tool.names.typescript));
    }
    text
}
