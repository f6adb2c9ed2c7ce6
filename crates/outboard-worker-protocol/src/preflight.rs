//! What a worker can tell of a program's mistakes before it runs it.

use crate::read::few;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Mistakes that the syntax and the names of the code API show, and the calls whose arguments the host can judge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preflight {
    /// What the program certainly fails at.
    #[serde(deserialize_with = "few")]
    pub problems: Vec<Problem>,
    /// What may be wrong, and what was repaired.
    #[serde(deserialize_with = "few")]
    pub notes: Vec<String>,
    /// Calls of tools as they are written.
    #[serde(deserialize_with = "few")]
    pub calls: Vec<PlannedCall>,
    /// Where names of members end that the program certainly asks for, on values of which nothing but the language
    /// decides the type.
    #[serde(deserialize_with = "few")]
    pub sure: Vec<Spot>,
    /// The program as it was read, where that is another text than was sent. Every line is where it was.
    pub text: Option<String>,
}

/// A place in a program.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Spot {
    /// Line, from 1.
    pub line: u32,
    /// Column in that line, from 1.
    pub column: u32,
}

/// One mistake.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// What kind of mistake it is, such as `unknown_function`.
    pub kind: String,
    /// Line of the program, from 1.
    pub line: u32,
    /// Column in that line, from 1.
    pub column: u32,
    /// What is wrong, and what to write instead.
    pub message: String,
    /// The server of the tool that is meant; may be empty.
    pub server: String,
    /// That tool; may be empty.
    pub tool: String,
}

/// A call as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCall {
    /// The server by any of its names; empty for a joined name.
    #[serde(default)]
    pub server: String,
    /// The tool by any of its names.
    pub tool: String,
    /// Line of the program, from 1.
    pub line: u32,
    /// Column in that line, from 1.
    pub column: u32,
    /// Whether the program certainly makes the call and does not catch its failure.
    #[serde(default)]
    pub certain: bool,
    /// What is known of its arguments.
    #[serde(default)]
    pub arguments: Known,
}

/// What is known of a value before it exists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    /// Nothing; it may even be absent.
    #[default]
    Unknown,
    /// Its type in JSON, such as `string`.
    Kind(String),
    /// The value: a text, a number, a truth value or null.
    Literal(Value),
    /// A list of so many items.
    List(#[serde(deserialize_with = "few")] Vec<Known>),
    /// An object.
    Object {
        /// Its keys as written, each with its value.
        #[serde(deserialize_with = "few")]
        fields: Vec<(String, Known)>,
        /// Whether it may have other keys.
        open: bool,
    },
}
