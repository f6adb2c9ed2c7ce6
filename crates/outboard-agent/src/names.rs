//! Tools as providers want them: names of few characters, schemas of objects.
//!
//! Providers take letters, digits, `_` and `-`, up to 64 of them. A name that does not fit is changed, and the
//! table finds the tool again; names are never parsed back.

use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Longest name that every provider takes.
const LONGEST: usize = 64;

/// One tool as the model is shown it.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The name on the wire.
    pub name: String,
    /// What it does.
    pub description: String,
    /// The schema of its arguments.
    pub schema: Value,
}

/// The tools of a run, by the name that the model knows.
#[derive(Debug, Clone, Default)]
pub struct Names {
    definitions: Vec<Definition>,
    /// From the name on the wire to the tool's own.
    tools: HashMap<String, String>,
}

impl Names {
    /// From MCP tool definitions; what has no name is left out.
    pub fn new(tools: &[Value]) -> Self {
        let mut names = Self::default();
        for tool in tools {
            if let Some(name) = tool["name"].as_str() {
                names.add(name, tool);
            }
        }
        names
    }

    fn add(&mut self, own: &str, tool: &Value) {
        let name = self.free(&fitting(own));
        self.tools.insert(name.clone(), own.to_owned());
        let description = tool["description"].as_str().or(tool["title"].as_str()).unwrap_or(own).to_owned();
        self.definitions.push(Definition { name, description, schema: object_schema(&tool["inputSchema"]) });
    }

    fn free(&self, name: &str) -> String {
        let mut candidate = name.to_owned();
        let mut number = 1;
        while self.tools.contains_key(&candidate) {
            number += 1;
            let end = format!("_{number}");
            candidate = format!("{}{end}", &name[..name.len().min(LONGEST - end.len())]);
        }
        candidate
    }

    /// The definitions in their order.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// The tool that the model means by a name.
    pub fn tool(&self, name: &str) -> Option<&str> {
        self.tools.get(name).map(String::as_str)
    }

    /// Whether a name is a known one but for a slip of the pen.
    pub(crate) fn has_nearly(&self, name: &str) -> bool {
        let plain = |name: &str| name.replace('_', "").to_lowercase();
        let is_nearly =
            |own: &Definition| plain(&own.name) == plain(name) || strsim::damerau_levenshtein(&own.name, name) <= 1;
        self.definitions.iter().any(is_nearly)
    }

    /// The known name that is most like an unknown one, if it is like it at all.
    pub(crate) fn closest(&self, name: &str) -> Option<&str> {
        let name = fitting(name).to_lowercase();
        let scored = self
            .definitions
            .iter()
            .map(|definition| (strsim::jaro_winkler(&name, &definition.name.to_lowercase()), definition.name.as_str()));
        scored.filter(|(score, _)| *score > 0.8).max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, name)| name)
    }
}

/// The name with only characters that every provider takes.
fn fitting(name: &str) -> String {
    let taken = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' };
    let name: String = name.chars().map(taken).take(LONGEST).collect();
    if name.is_empty() { "_".into() } else { name }
}

/// The schema as providers accept it: an object at the top, and no alternatives there.
fn object_schema(schema: &Value) -> Value {
    let mut map = schema.as_object().cloned().unwrap_or_else(Map::new);
    for key in ["$schema", "oneOf", "anyOf", "allOf"] {
        map.remove(key);
    }
    map.insert("type".into(), json!("object"));
    map.entry("properties").or_insert_with(|| json!({}));
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_and_stay_apart() {
        let long = "x".repeat(80);
        let names = Names::new(&[
            json!({"name": "drive__get.doc"}),
            json!({"name": "drive__get doc"}),
            json!({"name": long}),
            json!({"name": format!("{long}y")}),
            json!({"title": "nameless"}),
        ]);
        let shown: Vec<_> = names.definitions().iter().map(|definition| definition.name.as_str()).collect();
        assert_eq!(shown[..2], ["drive__get_doc", "drive__get_doc_2"]);
        assert!(shown.len() == 4 && shown[3].len() == 64 && shown[3].ends_with("_2"));
        assert_eq!(names.tool("drive__get_doc_2"), Some("drive__get doc"));
        assert_eq!(names.tool("drive__get.doc"), None);
    }

    #[test]
    fn schemas_are_objects_without_alternatives_at_the_top() {
        let names = Names::new(&[json!({"name": "a", "inputSchema": {"anyOf": [{"type": "string"}]}})]);
        assert_eq!(names.definitions()[0].schema, json!({"type": "object", "properties": {}}));
    }

    #[test]
    fn typos_find_their_tool_and_nonsense_does_not() {
        let names = Names::new(&[json!({"name": "run_code"}), json!({"name": "search_tools"})]);
        assert_eq!(names.closest("runCode"), Some("run_code"));
        assert_eq!(names.closest("search_tool"), Some("search_tools"));
        assert_eq!(names.closest("weather"), None);
    }
}
