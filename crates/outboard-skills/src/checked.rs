//! What a jailed worker found in a skill's code, kept by version.

use outboard_types::{Digest, Language};
use serde::{Deserialize, Serialize};

/// What is known of one version of a skill.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Checked {
    /// What it offers to who imports it, by language.
    pub exports: Vec<Export>,
    /// The tools that it names.
    pub tools: Vec<ToolUse>,
    /// The modules that it imports, as written.
    pub imports: Vec<String>,
    /// What it says of itself where it has no `SKILL.md`.
    pub doc: String,
    /// What may be wrong with it.
    pub notes: Vec<String>,
    /// Why it is not fit to be imported, where somebody put it into a folder all the same.
    pub refused: Option<String>,
}

/// One thing that can be imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// The language that it can be imported from.
    pub language: Language,
    /// Its name.
    pub name: String,
    /// `function`, `class` or `value`.
    pub kind: String,
    /// How it is called, such as `saveSheet(id: string): Promise<string>`.
    pub signature: String,
    /// Its parameters.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    /// Its comment.
    #[serde(default)]
    pub doc: String,
}

/// One parameter of a function.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type as written; empty where none is.
    pub kind: String,
    /// Whether it can be left out.
    pub optional: bool,
}

/// A tool that a skill names, as it was defined when the skill was checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ToolUse {
    /// The server.
    pub server: String,
    /// The tool.
    pub tool: String,
    /// The digest of its definition.
    pub definition: Digest,
}

impl Checked {
    /// The function that a skill is known by: the one that is called like it, else the first.
    pub fn main(&self, language: Language, names: [&str; 2]) -> Option<&Export> {
        let own = || self.exports.iter().filter(|export| export.language == language);
        own()
            .find(|export| names.contains(&export.name.as_str()))
            .or_else(|| own().find(|export| export.kind == "function"))
            .or_else(|| own().next())
    }
}
