//! How a program calls a tool, on one line or in full.

use crate::{python, typescript};
use outboard_catalog::{Server, Tool};
use outboard_types::Language;

/// Longest signature, in characters.
const LONGEST: usize = 200;

/// One line, at most 200 characters; parts that are too long are cut with `…`.
pub fn signature(server: &Server, tool: &Tool, language: Language) -> String {
    let line = match language {
        Language::TypeScript => {
            let (input, output) = typescript::parts(tool);
            let input = match input.as_str() {
                "{}" | "Record<string, unknown>" if tool.parameters.is_empty() => String::new(),
                _ => format!("input: {}", cut(&input, 120)),
            };
            let output = cut(&output.unwrap_or_else(|| "any".into()), 60);
            format!("{}.{}({input}): Promise<{output}>", server.names.namespace, tool.names.typescript)
        }
        Language::Python => {
            let (parameters, result) = python::parts(tool);
            format!("{}.{}({}) -> {}", server.names.package, tool.names.python, cut(&parameters, 120), cut(&result, 60))
        }
    };
    cut(&line, LONGEST)
}

/// The whole module as the program sees it: types, documentation, how to import it.
pub fn details(server: &Server, tool: &Tool, language: Language) -> String {
    match language {
        Language::TypeScript => {
            let (folder, name) = (&server.names.folder, &tool.names.typescript);
            format!("// import {{ {name} }} from \"./servers/{folder}\";\n{}", body(&typescript::module(server, tool)))
        }
        Language::Python => {
            let (package, name) = (&server.names.package, &tool.names.python);
            format!("# from servers.{package} import {name}\n{}", body(&python::module(server, tool)))
        }
    }
}

/// Without the lines that only the machine needs.
fn body(module: &str) -> String {
    let end = module.find("(...given: any[])").and_then(|at| module[..at].rfind('\n')).unwrap_or(module.len());
    let text = module[..end].trim();
    let skip = ["from typing", "from outboard_api"];
    text.lines()
        .filter(|line| !skip.iter().any(|start| line.starts_with(start)))
        .collect::<Vec<_>>()
        .join("\n")
        .trim()
        .to_owned()
}

fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
