//! Suspicious things in definitions: texts that talk to the model instead of describing a tool.
//!
//! A flag is a reason to look, never a verdict: nothing is blocked here. Warnings are meant to be rare on
//! honest servers; notes are not.

mod fold;
mod hidden;
mod payload;
mod phrases;
mod shadow;
mod walk;

use crate::shown::excerpt;
use outboard_catalog::{Catalogue, Tool};
use outboard_types::ToolId;
use serde::Serialize;
use serde_json::Value;
use std::fmt;

/// So much of a suspicious text is quoted, in characters.
const EXCERPT: usize = 160;
/// More flags than this on one tool say nothing new.
const MAX_FLAGS: usize = 50;

/// What kind of suspicion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FlagKind {
    /// Invisible or direction-changing characters.
    Hidden,
    /// Letters of another script inside a word.
    Lookalike,
    /// Terminal control sequences.
    Escape,
    /// Text that overrides the model's instructions.
    Instruction,
    /// Text that asks to keep something from people.
    Secrecy,
    /// Text that asks for files with secrets.
    Secrets,
    /// Text that asks to send data somewhere.
    Exfiltration,
    /// Text that claims consent or asks to skip it.
    Consent,
    /// Text that wants to be called before or instead of other tools.
    Priority,
    /// Commands that download and run something, or delete everything.
    Command,
    /// Text encoded so that people do not read it.
    Encoded,
    /// Much longer than a description needs to be.
    Long,
    /// A tool that can be taken for another server's, or that talks about one.
    Shadow,
}

/// How much a flag means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Also found on honest servers.
    Note,
    /// Look before use.
    Warning,
}

/// One suspicion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flag {
    /// What kind.
    pub kind: FlagKind,
    /// How much it means.
    pub weight: Weight,
    /// On which tool.
    pub tool: ToolId,
    /// In which field, such as `inputSchema/properties/path/description`.
    pub field: String,
    /// The text, safe to print.
    pub excerpt: String,
    /// Why it is suspicious, in words.
    pub why: String,
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}: {}: \"{}\"", crate::shown(&self.tool.to_string()), self.field, self.why, self.excerpt)
    }
}

/// A suspicion before it is known whose it is: the text that shows it is quoted.
struct Finding {
    kind: FlagKind,
    weight: Weight,
    text: String,
    why: String,
}

impl Finding {
    fn new(kind: FlagKind, weight: Weight, text: &str, why: &str) -> Self {
        Self { kind, weight, text: excerpt(text, EXCERPT), why: why.to_owned() }
    }
}

/// The flags of one tool by itself.
pub fn inspect(tool: &Tool) -> Vec<Flag> {
    let definition: Value = serde_json::from_str(tool.raw.get()).unwrap_or_default();
    inspect_definition(&tool.id, &definition)
}

/// The flags of a definition by itself.
pub fn inspect_definition(id: &ToolId, definition: &Value) -> Vec<Flag> {
    let mut flags = Vec::new();
    for (field, text) in walk::texts(definition) {
        let found = inspect_text(&text).into_iter().chain(payload::long(&field, &text));
        flags.extend(found.map(|Finding { kind, weight, text: excerpt, why }| Flag {
            kind,
            weight,
            tool: id.clone(),
            field: field.clone(),
            excerpt,
            why,
        }));
        if flags.len() >= MAX_FLAGS {
            flags.truncate(MAX_FLAGS);
            break;
        }
    }
    flags
}

/// The flags of every tool, and those that show only when servers are seen together.
pub fn inspect_all(catalogue: &Catalogue) -> Vec<Flag> {
    let tools = || catalogue.servers.iter().flat_map(|server| &server.tools);
    let mut flags: Vec<Flag> = tools().flat_map(inspect).collect();
    flags.extend(shadow::inspect(&tools().collect::<Vec<_>>()));
    flags.sort_by(|a, b| (&a.tool, b.weight, &a.field).cmp(&(&b.tool, a.weight, &b.field)));
    flags
}

/// What is suspicious in one text: as it stands, folded to plain letters, and decoded. One flag a kind.
fn inspect_text(text: &str) -> Vec<Finding> {
    let text = walk::cut(text);
    let mut found = hidden::inspect(text);
    let plain = fold::plain(text);
    found.extend(phrases::inspect(&plain));
    found.extend(payload::inspect(text, &plain));
    found.sort_by_key(|finding| (finding.kind, std::cmp::Reverse(finding.weight)));
    found.dedup_by_key(|finding| finding.kind);
    found
}
