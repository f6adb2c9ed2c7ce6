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
    files.extend(listings(catalogue));
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

/// The names of servers and functions, for programs that look them up.
pub(crate) fn listings(catalogue: &Catalogue) -> Vec<(String, String)> {
    let index: Vec<Value> = catalogue.servers.iter().map(|server| index_entry(server)).collect();
    let mut all = vec![(".api/index.json".to_owned(), quote::json(&Value::Array(index)))];
    for server in &catalogue.servers {
        let tools: Vec<Value> = server.tools.iter().map(|tool| tool_entry(tool, &Types::of(tool))).collect();
        let api = json!({"server": server.name.as_str(), "tools": tools});
        all.push((format!(".api/{}.json", server.names.folder), quote::json(&api)));
    }
    all
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
    let (mut barrel, mut init) = (String::new(), String::new());
    for tool in &server.tools {
        let (ts, py) = (&tool.names.typescript, &tool.names.python);
        let types = Types::of(tool);
        files.insert(format!("{folder}/{ts}.ts"), typescript::module(server, tool, &types));
        files.insert(format!("{package}/{py}.py"), python::module(server, tool, &types));
        if types.cut || tool.description.chars().count() > docs::TOOL {
            files.insert(format!("{folder}/{ts}.json"), definition(tool));
        }
        barrel.push_str(&format!("export {{ {ts} }} from \"./{ts}\";\n"));
        init.push_str(&format!("from .{py} import {py} as {py}\n"));
    }
    if server.tools.is_empty() {
        // Without any export TypeScript would not take it for a module.
        barrel.push_str("export {};\n");
    }
    files.insert(format!("{folder}/index.ts"), barrel);
    files.insert(format!("{package}/__init__.py"), init);
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
