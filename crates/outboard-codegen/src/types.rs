//! The types of one tool: what it takes and what it gives.

use crate::reader::read;
use crate::shape::{Shape, Typed, pascal};
use outboard_catalog::Tool;
use serde_json::Value;
use std::collections::HashSet;

/// A tool's types, and the type names that its module has given out.
pub(crate) struct Types {
    pub(crate) input: Typed,
    /// Absent where the server declares no output.
    pub(crate) output: Option<Typed>,
    pub(crate) used: HashSet<String>,
    /// What the names of the module's types start with.
    pub(crate) base: String,
}

impl Types {
    pub(crate) fn of(tool: &Tool) -> Self {
        let base = base(&tool.names.typescript);
        let (input, output) = (format!("{base}Input"), format!("{base}Output"));
        let mut used = HashSet::from([output.clone()]);
        let input = read(&tool.input_schema, &input, &base, &mut used);
        let output =
            tool.output_schema.as_ref().map(|schema| unwrapped(schema, read(schema, &output, &output, &mut used)));
        Self { input, output, used, base }
    }

    /// Whether the definition says more than the module shows.
    pub(crate) fn cut(&self) -> bool {
        self.input.cut || self.output.as_ref().is_some_and(|output| output.cut)
    }
}

/// `getDocument` → `GetDocument`. Function names are identifiers already, in any script.
fn base(function: &str) -> String {
    let name = function.trim_matches('_');
    let mut chars = name.chars();
    match chars.next() {
        Some(c) if c.is_ascii() => pascal(name),
        Some(c) => c.to_uppercase().chain(chars).filter(|&c| c == '_' || c.is_alphanumeric()).collect(),
        None => "Type".into(),
    }
}

/// A framework's `{ result: … }` around the value is taken off, as the gateway does with the value itself.
fn unwrapped(schema: &Value, mut typed: Typed) -> Typed {
    if schema.get("x-fastmcp-wrap-result") == Some(&Value::Bool(true)) {
        let result = typed.fields().iter().find(|field| field.name == "result").map(|field| field.shape.clone());
        typed.shape = result.unwrap_or(Shape::Unknown);
    }
    typed
}
