//! Labelled sets: tools, and requests of which somebody said which tools they need.
//!
//! A set is a folder with `tools.jsonl` and `queries.jsonl`, one object a line. Whatever is wrong with a
//! line is an error that names file and line: figures over half a file would be worse than none.

use crate::fields::Document;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// A tool of a labelled set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelledTool {
    /// What the requests call it.
    pub id: String,
    /// Its server's name; empty where the set names none.
    pub server: String,
    /// Its own name.
    pub name: String,
    /// Its title; empty where it has none.
    pub title: String,
    /// Its description.
    pub description: String,
    /// Its parameters: name and documentation.
    pub parameters: Vec<(String, String)>,
}

/// A request and the tools it needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelledQuery {
    /// What the set calls it; its line number where it has no id.
    pub id: String,
    /// The request in plain words.
    pub query: String,
    /// The tools needed: of each group any one will do.
    pub groups: Vec<Vec<String>>,
}

/// Tools and requests that belong together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelledSet {
    /// The tools to search.
    pub tools: Vec<LabelledTool>,
    /// The requests.
    pub queries: Vec<LabelledQuery>,
}

/// A labelled set that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LabelledError {
    /// A file could not be read.
    #[error("{} could not be read: {source}; a labelled set is a folder with tools.jsonl and queries.jsonl", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line is not what it should be.
    #[error("{}, line {line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong and what was expected.
        problem: String,
    },
    /// A file has no lines.
    #[error("{} has no lines, so there is nothing to measure", .0.display())]
    Empty(PathBuf),
}

impl LabelledSet {
    /// Reads `tools.jsonl` and `queries.jsonl` of a folder.
    pub fn read(folder: &Path) -> Result<Self, LabelledError> {
        let tools = lines(&folder.join("tools.jsonl"), |_, object| LabelledTool::of(object))?;
        let queries = lines(&folder.join("queries.jsonl"), LabelledQuery::of)?;
        Ok(Self { tools, queries })
    }
}

impl LabelledTool {
    /// The text that is searched.
    pub fn document(&self) -> Document<'_> {
        Document {
            server: &self.server,
            name: &self.name,
            title: &self.title,
            description: &self.description,
            parameters: self.parameters.iter().map(|(name, doc)| (name.as_str(), doc.as_str())).collect(),
        }
    }

    fn of(object: &Map<String, Value>) -> Result<Self, String> {
        let name = required(object, "name")?;
        let id = text(object, "id")?.unwrap_or_else(|| name.clone());
        let of = |key: &str| text(object, key).map(Option::unwrap_or_default);
        Ok(Self {
            id,
            name,
            server: of("server")?,
            title: of("title")?,
            description: of("description")?,
            parameters: parameters(object)?,
        })
    }
}

impl LabelledQuery {
    fn of(line: usize, object: &Map<String, Value>) -> Result<Self, String> {
        let groups = match (object.get("gold_groups"), object.get("gold")) {
            (Some(groups), _) => array(groups, "gold_groups")?.iter().map(|group| ids(group, "gold_groups")).collect(),
            (None, Some(gold)) => ids(gold, "gold").map(|ids| ids.into_iter().map(|id| vec![id]).collect()),
            (None, None) => Err("neither \"gold_groups\" nor \"gold\" says which tools are needed".to_owned()),
        };
        let groups: Vec<Vec<String>> = groups?;
        if groups.is_empty() || groups.iter().any(Vec::is_empty) {
            return Err("a request needs at least one tool, and each group of \"gold_groups\" at least one id".into());
        }
        let id = text(object, "id")?.unwrap_or_else(|| line.to_string());
        Ok(Self { id, query: required(object, "query")?, groups })
    }
}

/// Reads every line that is not blank.
fn lines<T>(
    path: &Path,
    read: impl Fn(usize, &Map<String, Value>) -> Result<T, String>,
) -> Result<Vec<T>, LabelledError> {
    let text = std::fs::read_to_string(path).map_err(|source| LabelledError::Read { path: path.into(), source })?;
    let parse = |number, line: &str| match serde_json::from_str::<Value>(line) {
        Ok(Value::Object(object)) => read(number, &object),
        Ok(_) => Err("expected an object".to_owned()),
        Err(error) => Err(format!("not JSON: {error}")),
    };
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let item = parse(at + 1, line);
        found.push(item.map_err(|problem| LabelledError::Line { path: path.into(), line: at + 1, problem })?);
    }
    if found.is_empty() { Err(LabelledError::Empty(path.into())) } else { Ok(found) }
}

fn text(object: &Map<String, Value>, key: &str) -> Result<Option<String>, String> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("\"{key}\" is not a text")),
    }
}

fn required(object: &Map<String, Value>, key: &str) -> Result<String, String> {
    text(object, key)?.filter(|text| !text.trim().is_empty()).ok_or_else(|| format!("\"{key}\" is missing or empty"))
}

fn array<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>, String> {
    value.as_array().ok_or_else(|| format!("\"{key}\" is not a list"))
}

fn ids(value: &Value, key: &str) -> Result<Vec<String>, String> {
    let id = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| format!("\"{key}\" holds what is no id"));
    array(value, key)?.iter().map(id).collect()
}

/// The properties of the schema, whichever of the usual names it goes by.
fn parameters(object: &Map<String, Value>) -> Result<Vec<(String, String)>, String> {
    let Some(schema) = ["schema", "inputSchema", "input_schema"].iter().find_map(|key| object.get(*key)) else {
        return Ok(Vec::new());
    };
    if !schema.is_object() && !schema.is_null() {
        return Err("the schema is not an object".to_owned());
    }
    let properties = schema["properties"].as_object().into_iter().flatten();
    let doc = |schema: &Value| schema["description"].as_str().unwrap_or_default().to_owned();
    Ok(properties.map(|(name, schema)| (name.clone(), doc(schema))).collect())
}
