//! All files of one catalogue.

use crate::made::{self, Made, Piece, Print};
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

/// The files that are new, those that are the same as before, and what each tool gave.
pub(crate) struct Generated {
    pub(crate) api: CodeApi,
    pub(crate) kept: BTreeMap<String, Print>,
    pub(crate) made: Made,
}

/// Generates everything.
pub fn generate(catalogue: &Catalogue) -> CodeApi {
    generate_beside(catalogue, &Made::default()).api
}

/// Generates what was not made before.
pub(crate) fn generate_beside(catalogue: &Catalogue, before: &Made) -> Generated {
    let mut files = BTreeMap::new();
    files.insert(".api/index.json".into(), index(catalogue));
    files.insert("outboard.d.ts".into(), typescript::GLOBALS.into());
    files.insert("outboard_api.pyi".into(), python::PRIMITIVES.into());
    files.insert("__init__.py".into(), String::new());
    files.insert("README.md".into(), readme(catalogue));
    let (mut kept, mut made) = (BTreeMap::new(), Made::default());
    for server in &catalogue.servers {
        add_server(server, before, &mut files, &mut kept, &mut made);
    }
    // The catalogue's own digest would not do: it does not see the order of properties.
    let written = files.iter().map(|(name, text)| (name, Print::of(text)));
    let prints: BTreeMap<&String, Print> = written.chain(kept.iter().map(|(name, print)| (name, *print))).collect();
    let digest = Digest::of_all(prints.iter().flat_map(|(name, print)| [name.as_bytes(), print.digest.as_ref()]));
    Generated { api: CodeApi { digest, files }, kept, made }
}

/// The names of servers, for programs that look them up.
pub(crate) fn index(catalogue: &Catalogue) -> String {
    quote::json(&catalogue.servers.iter().map(|server| index_entry(server)).collect())
}

/// The same for the functions of a server: the file, and what it holds. Each stands on a line of its own, so that workers
/// find one without reading all.
pub(crate) fn listing(server: &Server, lines: &[String]) -> (String, String) {
    let name = quote::json(&Value::from(server.name.as_str()));
    let text = format!("{{\"server\":{name},\"tools\":[\n{}\n]}}\n", lines.join(",\n"));
    (format!(".api/{}.json", server.names.folder), text)
}

/// The line of a function.
pub(crate) fn line((tool, types): &Typed<'_>) -> String {
    let params: Vec<&str> = types.arguments.iter().map(|field| field.name.as_str()).collect();
    let (ts, py) = (&tool.names.typescript, &tool.names.python);
    quote::json(&json!({"tool": tool.id.tool.as_str(), "ts": ts, "py": py, "params": params}))
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

fn add_server(
    server: &Server,
    before: &Made,
    files: &mut BTreeMap<String, String>,
    kept: &mut BTreeMap<String, Print>,
    made: &mut Made,
) {
    let (folder, package) = (&server.names.folder, &server.names.package);
    let mut lines = Vec::with_capacity(server.tools.len());
    for tool in &server.tools {
        let key = made::key(server, tool);
        let piece = match before.get(&key) {
            Some(piece) => {
                let paths = paths(server, tool).into_iter().zip(piece.prints);
                kept.extend(paths.filter_map(|(path, print)| Some((path, print?))));
                piece.clone()
            }
            None => add_tool(server, tool, files),
        };
        lines.push(piece.line.clone());
        made.insert(key, piece);
    }
    files.extend([listing(server, &lines)]);
    files.insert(format!("{folder}/index.ts"), barrel(server, ""));
    files.insert(format!("{package}/__init__.py"), init(server));
    files.insert(format!("{folder}/README.md"), server_readme(server));
}

/// The files of a tool; the last one is not there of all.
fn paths(server: &Server, tool: &Tool) -> [String; 3] {
    let (folder, package) = (&server.names.folder, &server.names.package);
    let (ts, py) = (&tool.names.typescript, &tool.names.python);
    [format!("{folder}/{ts}.ts"), format!("{package}/{py}.py"), format!("{folder}/{ts}.json")]
}

fn add_tool(server: &Server, tool: &Tool, files: &mut BTreeMap<String, String>) -> Piece {
    let types = Types::of(tool);
    let whole = types.cut || tool.description.chars().count() > docs::TOOL;
    let texts = [
        Some(typescript::module(server, tool, &types)),
        Some(python::module(server, tool, &types)),
        whole.then(|| definition(tool)),
    ];
    let prints = texts.each_ref().map(|text| text.as_deref().map(Print::of));
    let texts = paths(server, tool).into_iter().zip(texts);
    files.extend(texts.filter_map(|(path, text)| Some((path, text?))));
    Piece { prints, line: line(&(tool, types)) }
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
