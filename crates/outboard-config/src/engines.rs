//! Settings of further engines.

use crate::table::{Kind, Setting, setting};
use crate::written::Given;
use outboard_types::Language;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(crate) const ENGINES: &[Setting] = &[
    setting(
        "sandbox.engines.*.program",
        Kind::Path,
        "",
        "The program of a further engine; a program whose first line is `// engine: NAME`, or `# engine: NAME`, runs there.",
    ),
    setting(
        "sandbox.engines.*.language",
        Kind::Choice(&["typescript", "python", "bash"]),
        "",
        "The language of the engine's programs; TypeScript without it.",
    ),
    setting(
        "sandbox.engines.*.guest",
        Kind::Text,
        "",
        "Who speaks the guest protocol: `bun`, also without it, or `deno`, guests of ours for these engines; `program`, the engine itself; or the path of a file that it runs.",
    ),
    setting(
        "sandbox.engines.*.args",
        Kind::List,
        "",
        "The engine's arguments before the guest's file; without it those that Bun or Deno need, or none.",
    ),
    setting(
        "sandbox.engines.*.needs",
        Kind::List,
        "",
        "Files and folders that the engine needs beside its program and its libraries, which its programs can then read; a program inside one runs from its own place.",
    ),
];

/// A further engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EngineSettings {
    /// Its program.
    pub program: PathBuf,
    /// The language of its programs; TypeScript without it.
    pub language: Option<Language>,
    /// Arguments before the guest's file, where they are not those that the guest is made for.
    pub args: Option<Vec<String>>,
    /// Who speaks the guest protocol.
    pub guest: GuestSettings,
    /// What the engine needs of the host's files, beside its program.
    pub needs: Vec<PathBuf>,
}

/// Who speaks the guest protocol for a further engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum GuestSettings {
    /// The guest for Bun.
    #[default]
    Bun,
    /// The guest for Deno.
    Deno,
    /// The program itself.
    Program,
    /// A file that the program runs.
    File(PathBuf),
}

/// Takes one key of an engine.
pub(crate) fn set(engines: &mut BTreeMap<String, EngineSettings>, name: &str, key: &str, given: Given, folder: &Path) {
    engines.entry(name.to_owned()).or_default().set(key, given, folder);
}

impl EngineSettings {
    fn set(&mut self, key: &str, given: Given, folder: &Path) {
        match (key, given) {
            ("program", Given::Text(path)) => self.program = folder.join(path),
            ("language", Given::Text(language)) => self.language = Language::parse(&language),
            ("args", Given::List(list)) => self.args = Some(list),
            ("guest", Given::Text(text)) => self.guest = GuestSettings::written(&text, folder),
            ("needs", Given::List(list)) => self.needs = list.into_iter().map(|path| folder.join(path)).collect(),
            _ => {}
        }
    }
}

impl GuestSettings {
    /// What a settings file says: one of three words, or a path below its folder.
    fn written(text: &str, folder: &Path) -> Self {
        match text {
            "bun" => Self::Bun,
            "deno" => Self::Deno,
            "program" => Self::Program,
            path => Self::File(folder.join(path)),
        }
    }
}
