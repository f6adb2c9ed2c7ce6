//! Path tricks in the names of generated files: nothing is written outside the folder, or over another file.

use crate::outcome::Outcome;
use anyhow::Result;
use outboard_catalog::{Catalogue, Listing};
use outboard_codegen::{CodeApi, generate, materialise};
use outboard_types::{Digest, ServerName, SessionName};
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Names that are paths, devices, or files that a folder already has.
const NAMES: &[&str] = &[
    "../../../../etc/cron.d/x",
    "/etc/passwd",
    "..",
    ".",
    "...",
    "~/.ssh/authorized_keys",
    "a/../../b",
    "..\\..\\b",
    "C:\\x",
    "con",
    "nul.txt",
    "index",
    "index.ts",
    "__init__",
    "__init__.py",
    "README.md",
    ".api",
    ".api/index.json",
    ".git/hooks/x",
    "outboard.d.ts",
    "outboard_api",
    "a\u{2044}b",
    "a\u{2215}..\u{2215}b",
    "%2e%2e%2f",
    "..%00/",
    "x.ts/../../y",
    "-rf",
    "$(id)",
    "`id`",
    "a b",
    " ",
    "__pycache__",
    "site-packages",
    "sitecustomize",
    "servers",
    "node_modules",
    "\u{ff0e}\u{ff0e}\u{ff0f}",
];

/// Paths that only a fault of the generator could give; writing must refuse them all the same.
const FILES: &[&str] = &["../out", "/abs", "a/../../out", "..", "a/./../../out", "", "a//../../out", "\0"];

/// Tries each name as tool, as server and as session, and each path as file.
pub(super) fn run(outcome: &mut Outcome) -> Result<()> {
    for name in NAMES {
        outcome.check(&format!("a tool named {name:?}"), written("drive", name)?);
        outcome.check(&format!("a server named {name:?}"), written(name, "look")?);
        outcome.check(&format!("a session named {name:?}"), session(name));
    }
    for file in FILES {
        outcome.check(&format!("a file named {file:?}"), refused(file)?);
    }
    outcome.check("names of every kind together", together()?);
    Ok(())
}

fn listing(server: ServerName, tools: &[&str]) -> Result<Listing> {
    let raw = |name: &&str| RawValue::from_string(json!({"name": name, "inputSchema": {"type": "object"}}).to_string());
    let tools = tools.iter().map(raw).collect::<Result<_, _>>()?;
    Ok(Listing { server, title: None, instructions: None, tools })
}

/// Writes what a name gives; a name that is refused before is fine too.
fn written(server: &str, tool: &str) -> Result<Result<(), String>> {
    let Ok(server) = ServerName::new(server) else { return Ok(Ok(())) };
    // A neighbour with an ordinary name must keep its files.
    let neighbour = listing(ServerName::new("neighbour")?, &["look"])?;
    let api = generate(&Catalogue::build(1, vec![listing(server, &[tool])?, neighbour]));
    if !api.files.contains_key("neighbour/look.ts") {
        return Ok(Err("the files of another server are gone".to_owned()));
    }
    whole(&api)
}

fn together() -> Result<Result<(), String>> {
    let servers: Vec<_> = NAMES.iter().filter_map(|name| ServerName::new(name).ok()).collect();
    let listings = servers.into_iter().map(|server| listing(server, NAMES)).collect::<Result<_>>()?;
    whole(&generate(&Catalogue::build(1, listings)))
}

/// Everything is inside one folder, nothing beside it, and no file fell on another.
fn whole(api: &CodeApi) -> Result<Result<(), String>> {
    let outer = tempfile::tempdir()?;
    let root = outer.path().join("a/b/c");
    std::fs::create_dir_all(&root)?;
    let target = match materialise(api, &root) {
        Ok(target) => target,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let (mut inside, mut all) = (BTreeSet::new(), BTreeSet::new());
    collect(&target, &target, &mut inside)?;
    collect(outer.path(), outer.path(), &mut all)?;
    let wanted: BTreeSet<_> = api.files.keys().cloned().collect();
    Ok(match (inside == wanted, all.len() == inside.len()) {
        (true, true) => Ok(()),
        (_, false) => Err(format!("there are files outside: {all:?}")),
        (false, _) => Err("the files are not those of the code API".to_owned()),
    })
}

fn refused(file: &str) -> Result<Result<(), String>> {
    let files = BTreeMap::from([(file.to_owned(), "text".to_owned())]);
    let api = CodeApi { digest: Digest::of(file), files };
    let outer = tempfile::tempdir()?;
    let root = outer.path().join("a/b");
    std::fs::create_dir_all(&root)?;
    let result = materialise(&api, &root);
    let mut all = BTreeSet::new();
    collect(outer.path(), outer.path(), &mut all)?;
    Ok(if result.is_err() && all.is_empty() { Ok(()) } else { Err(format!("{result:?}, files: {all:?}")) })
}

/// A session's name is a folder's name: it must be one plain part of a path, or be refused.
fn session(name: &str) -> Result<(), String> {
    let Ok(session) = SessionName::new(name) else { return Ok(()) };
    let parts: Vec<_> = Path::new(session.as_str()).components().collect();
    match parts[..] {
        [std::path::Component::Normal(_)] => Ok(()),
        _ => Err("it is no plain part of a path".to_owned()),
    }
}

fn collect(root: &Path, folder: &Path, found: &mut BTreeSet<String>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.symlink_metadata()?.is_dir() {
            collect(root, &path, found)?;
        } else {
            found.insert(path.strip_prefix(root)?.to_string_lossy().into_owned());
        }
    }
    Ok(())
}
