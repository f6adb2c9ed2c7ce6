//! Which files there are.

use super::{readme, runnable};
use crate::python::Form;
use crate::{MaterialiseError, api, docs, materialise, python, quote, typescript};
use outboard_catalog::{Catalogue, Server};
use std::collections::BTreeMap;
use std::path::Path;

/// What programs find without importing it, beside the primitives.
const RUNTIME: &str = include_str!("runtime.d.ts");

/// Names that Python programs know without importing them.
const BUILTINS: &str = "from outboard_api import ToolError as ToolError, call_mcp_tool as call_mcp_tool, \
    search_tools as search_tools, sleep as sleep, state as state, tokenize as tokenize, is_token as is_token\n";

/// What an agent is told of the folder.
const AGENTS: &str = include_str!("agents.md");

/// The head that makes it a skill.
const SKILL: &str = include_str!("skill.md");

const PACKAGE: &str = r#"{
  "name": "outboard-programs",
  "private": true,
  "type": "module",
  "scripts": { "check": "tsc" },
  "devDependencies": { "typescript": "^7.0.0" }
}
"#;

/// Every file is a module, so that `await` may stand at the top.
const TSCONFIG: &str = r#"{
  "compilerOptions": {
    "target": "es2022",
    "lib": ["es2022"],
    "module": "esnext",
    "moduleResolution": "bundler",
    "moduleDetection": "force",
    "strict": true,
    "noEmit": true,
    "types": []
  },
  "include": ["**/*.ts"]
}
"#;

const PYPROJECT: &str = r#"[project]
name = "outboard-programs"
version = "0.0.0"
requires-python = ">=3.11"

[tool.pyright]
include = ["."]
pythonVersion = "3.12"
typeCheckingMode = "standard"
reportMissingModuleSource = false
"#;

/// Files for people by relative path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// Contents by path.
    pub files: BTreeMap<String, String>,
}

/// What modules that run call through: the client's own text.
#[derive(Debug, Clone, Copy)]
pub struct Client<'t> {
    /// A module that exports `tool(server, tool, name, parameters)`.
    pub javascript: &'t str,
    /// The same: `tool(server, tool, parameters)`.
    pub python: &'t str,
    /// What both read beside themselves: JSON.
    pub settings: &'t str,
}

/// What writing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Files that are new or have other content than before.
    pub changed: usize,
    /// Files that were as they should be.
    pub unchanged: usize,
}

impl Files {
    /// Declarations of every tool for editors, manifests, and a list of functions for each server.
    pub fn for_people(catalogue: &Catalogue) -> Self {
        Self::for_readers(catalogue, Form::Editor)
    }

    /// The same for a checker that knows whether a program awaits: functions of Python give what is declared.
    pub fn for_checkers(catalogue: &Catalogue) -> Self {
        Self::for_readers(catalogue, Form::Stub)
    }

    fn for_readers(catalogue: &Catalogue, form: Form) -> Self {
        let mut files = BTreeMap::new();
        let mut add = |name: String, text: String| drop(files.insert(name, text));
        for (name, text) in [
            ("package.json", PACKAGE),
            ("tsconfig.json", TSCONFIG),
            ("pyproject.toml", PYPROJECT),
            ("runtime.d.ts", RUNTIME),
            ("outboard_api.pyi", python::PRIMITIVES),
            ("__builtins__.pyi", BUILTINS),
            ("servers/__init__.pyi", ""),
        ] {
            add(name.into(), text.into());
        }
        add("README.md".into(), readme::of_all(catalogue));
        add("outboard.d.ts".into(), globals(catalogue));
        catalogue.servers.iter().for_each(|server| of_server(server, form, &mut add));
        Self { files }
    }

    /// The same, and modules that run: for agents with a shell of their own.
    pub fn for_shells(catalogue: &Catalogue, client: Client<'_>) -> Self {
        let mut all = Self::for_people(catalogue);
        let mut add = |name: String, text: String| drop(all.files.insert(name, text));
        for (name, text) in [
            ("outboard.js", client.javascript),
            ("outboard_api.py", client.python),
            ("outboard.json", client.settings),
            ("AGENTS.md", AGENTS),
            ("SKILL.md", &format!("{SKILL}{AGENTS}")),
        ] {
            add(name.into(), text.into());
        }
        runnable::of_all(catalogue, &mut add);
        all
    }

    /// Writes what is new or different below `root`, and leaves every other file alone.
    ///
    /// # Errors
    /// With the path that could not be written.
    pub fn write(&self, root: &Path) -> Result<Written, MaterialiseError> {
        let mut written = Written::default();
        for (name, text) in &self.files {
            match materialise::replaced(root, name, text)? {
                true => written.changed += 1,
                false => written.unchanged += 1,
            }
        }
        Ok(written)
    }
}

fn of_server(server: &Server, form: Form, add: &mut dyn FnMut(String, String)) {
    let (folder, package) = (format!("servers/{}", server.names.folder), format!("servers/{}", server.names.package));
    let tools = api::typed(server);
    for (tool, types) in &tools {
        let (ts, py) = (&tool.names.typescript, &tool.names.python);
        add(format!("{folder}/{ts}.d.ts"), typescript::ambient(server, tool, types));
        add(format!("{package}/{py}.pyi"), python::stub(server, tool, types, form));
        if types.cut || tool.description.chars().count() > docs::TOOL {
            add(format!("{folder}/{ts}.json"), api::definition(tool));
        }
    }
    add(format!("{folder}/index.d.ts"), api::barrel(server, ""));
    add(format!("{package}/__init__.pyi"), api::init(server));
    add(format!("{folder}/README.md"), readme::of_server(server, &tools));
}

/// The primitives, and the servers as programs find them without importing.
fn globals(catalogue: &Catalogue) -> String {
    let mut text = typescript::GLOBALS.to_owned();
    let import = |server: &Server| {
        format!("typeof import({})", quote::typescript(&format!("./servers/{}", server.names.folder)))
    };
    text.push_str("\n/** Every server, by the name of its folder. */\ndeclare const servers: {\n");
    for server in &catalogue.servers {
        text.push_str(&format!("  {}: {};\n", quote::typescript(&server.names.folder), import(server)));
    }
    text.push_str("};\n\n");
    for server in &catalogue.servers {
        text.push_str(&format!("declare const {}: {};\n", server.names.namespace, import(server)));
    }
    text
}
