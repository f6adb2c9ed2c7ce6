//! What a text is as a module that other programs import, read from its syntax.

use crate::read::few;
use serde::{Deserialize, Serialize};

/// A text as a module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Module {
    /// What can be imported from it.
    #[serde(deserialize_with = "few")]
    pub exports: Vec<Exported>,
    /// What it says of itself, as a whole.
    pub doc: String,
    /// Whether it only declares: importing it does nothing. Otherwise it is a program.
    pub declares: bool,
    /// Its imports, and those that it would need as a module of its own, as text.
    pub imports: String,
    /// Of a program: its other statements as the body of a function, which returns the program's value.
    pub body: String,
    /// Whether that function has to wait for something.
    pub waits: bool,
}

/// One thing that can be imported.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exported {
    /// Its name.
    pub name: String,
    /// `function`, `class` or `value`.
    pub kind: String,
    /// How it is written, such as `save(id: string): Promise<string>`.
    pub signature: String,
    /// Its comment.
    pub doc: String,
    /// What a function takes.
    #[serde(deserialize_with = "few")]
    pub takes: Vec<Taken>,
}

/// A parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Taken {
    /// Its name as written.
    pub name: String,
    /// Its type as written; may be empty.
    pub kind: String,
    /// Whether it can be left out.
    pub optional: bool,
}
