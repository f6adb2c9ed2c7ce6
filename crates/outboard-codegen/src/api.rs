//! All files of one catalogue.

use crate::{docs, python, typescript};
use outboard_catalog::{Catalogue, Server, Tool};
use outboard_types::Digest;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Counts up when the same catalogue gives other files than before.
const REVISION: &str = "code-api-1";

/// The generated files by path below `/servers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeApi {
    /// Digest of the catalogue and of this generator: names the folder.
    pub digest: Digest,
    /// File contents by relative path.
    pub files: BTreeMap<String, String>,
}

/// Generates everything.
pub fn generate(catalogue: &Catalogue) -> CodeApi {
    let mut files = BTreeMap::new();
    let index: Vec<Value> = catalogue.servers.iter().map(|server| index_entry(server)).collect();
    files.insert(".api/index.json".into(), Value::Array(index).to_string());
    files.insert("outboard.d.ts".into(), typescript::GLOBALS.into());
    files.insert("__init__.py".into(), String::new());
    files.insert("README.md".into(), readme(catalogue));
    for server in &catalogue.servers {
        add_server(server, &mut files);
    }
    CodeApi { digest: digest(catalogue), files }
}

pub(crate) fn digest(catalogue: &Catalogue) -> Digest {
    Digest::of_all([REVISION.as_bytes(), catalogue.digest.to_string().as_bytes()])
}

fn index_entry(server: &Server) -> Value {
    let names = &server.names;
    json!({"server": server.name.as_str(), "folder": names.folder, "namespace": names.namespace, "package": names.package})
}

fn readme(catalogue: &Catalogue) -> String {
    let line = |server: &std::sync::Arc<Server>| {
        format!(
            "- {} ({} functions): {}\n",
            server.names.folder,
            server.tools.len(),
            docs::line(&server.description, 100)
        )
    };
    format!("# Servers\n\n{}", catalogue.servers.iter().map(line).collect::<String>())
}

fn add_server(server: &Server, files: &mut BTreeMap<String, String>) {
    let (folder, package) = (&server.names.folder, &server.names.package);
    let tools: Vec<Value> = server.tools.iter().map(tool_entry).collect();
    let api = json!({"server": server.name.as_str(), "tools": tools});
    files.insert(format!(".api/{folder}.json"), api.to_string());
    let (mut barrel, mut init) = (String::new(), String::new());
    for tool in &server.tools {
        let (ts, py) = (&tool.names.typescript, &tool.names.python);
        files.insert(format!("{folder}/{ts}.ts"), typescript::module(server, tool));
        files.insert(format!("{package}/{py}.py"), python::module(server, tool));
        barrel.push_str(&format!("export {{ {ts} }} from \"./{ts}\";\n"));
        init.push_str(&format!("from .{py} import {py}\n"));
    }
    files.insert(format!("{folder}/index.ts"), barrel);
    files.insert(format!("{package}/__init__.py"), init);
    files.insert(format!("{folder}/README.md"), server_readme(server));
}

fn tool_entry(tool: &Tool) -> Value {
    let params: Vec<&str> = tool.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    json!({"tool": tool.id.tool.as_str(), "ts": tool.names.typescript, "py": tool.names.python, "params": params})
}

fn server_readme(server: &Server) -> String {
    let line = |tool: &Tool| format!("- {}: {}\n", tool.names.typescript, docs::line(&tool.description, 120));
    let tools: String = server.tools.iter().map(line).collect();
    format!("# {}\n\n{}\n\n{tools}", docs::line(server.name.as_str(), 256), docs::line(&server.description, 100))
}
