//! The head of a `SKILL.md`: the few fields that are understood, read as events so that nothing can be made to grow.

use crate::SkillError;
use saphyr_parser::{Event, Parser};
use std::collections::BTreeMap;

/// Longest description, in characters.
const DESCRIPTION: usize = 1_024;

/// Longest head that is read, in bytes, and most events of it.
const HEAD: usize = 32 << 10;
const EVENTS: usize = 2_000;

/// What a `SKILL.md` says of its skill.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Front {
    /// The name that it gives.
    pub name: Option<String>,
    /// What the skill does and when to use it.
    pub description: String,
    /// The author's own version, such as `1.2.0`.
    pub version: Option<String>,
    /// Parameters and what they mean.
    pub parameters: BTreeMap<String, String>,
    /// The instructions below the head.
    pub body: String,
}

impl Front {
    /// Reads a `SKILL.md`. One without a head has its first paragraph for a description.
    ///
    /// # Errors
    /// If the head is no YAML, uses anchors, or a field is of the wrong kind.
    pub fn read(text: &str) -> Result<Self, SkillError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let Some((head, body)) = split(text) else { return Ok(plain(text)) };
        if head.len() > HEAD {
            return Err(bad(format!("the head has {} bytes; at most {HEAD} are read", head.len())));
        }
        let mut front = Self { body: body.trim().to_owned(), ..Self::default() };
        for (key, value) in fields(head)? {
            front.take(&key, value)?;
        }
        if front.description.chars().count() > DESCRIPTION {
            return Err(bad(format!("the description is longer than {DESCRIPTION} characters")));
        }
        Ok(front)
    }

    fn take(&mut self, key: &str, value: Node) -> Result<(), SkillError> {
        match (key, value) {
            ("name", Node::Text(text)) => self.name = Some(text),
            ("description", Node::Text(text)) => self.description = text.trim().to_owned(),
            ("version", Node::Text(text)) => self.version = Some(text),
            ("parameters", Node::Map(pairs)) => {
                self.parameters.extend(pairs.into_iter().map(|(name, node)| (name, node.told())));
            }
            ("parameters", Node::List(items)) => {
                for item in items {
                    match item {
                        Node::Text(name) => drop(self.parameters.insert(name, String::new())),
                        Node::Map(pairs) => self.parameters.extend(named(pairs)),
                        Node::List(_) => return Err(bad("`parameters` holds a list inside a list")),
                    }
                }
            }
            ("name" | "description" | "version" | "parameters", _) => {
                return Err(bad(format!("`{key}` is not of the kind that it should be")));
            }
            // Others have fields of their own, such as `license`; they are kept in the file and mean nothing here.
            _ => {}
        }
        Ok(())
    }

    /// The text of a `SKILL.md` that says this.
    pub fn write(&self, name: &str) -> String {
        let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
        let mut text = format!("---\nname: {name}\ndescription: {}\n", quoted(&self.description));
        if let Some(version) = &self.version {
            text.push_str(&format!("version: {}\n", quoted(version)));
        }
        if !self.parameters.is_empty() {
            text.push_str("parameters:\n");
            for (name, meaning) in &self.parameters {
                text.push_str(&format!("  {}: {}\n", quoted(name), quoted(meaning)));
            }
        }
        text.push_str("---\n");
        if !self.body.is_empty() {
            text.push_str(&format!("\n{}\n", self.body));
        }
        text
    }
}

/// The head between two lines of `---`, and what follows.
fn split(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("---")?;
    let (first, rest) = rest.split_once('\n')?;
    if !first.trim().is_empty() {
        return None;
    }
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some((&rest[..at], &rest[at + line.len()..]));
        }
        at += line.len();
    }
    None
}

/// A file without a head: its first paragraph that is no heading describes it.
fn plain(text: &str) -> Front {
    let mut paragraphs = text.split("\n\n").map(str::trim).filter(|one| !one.is_empty());
    let first = paragraphs.find_map(|one| {
        let lines: Vec<&str> = one.lines().filter(|line| !line.starts_with('#')).collect();
        (!lines.is_empty() && !one.starts_with("```")).then(|| lines.join(" "))
    });
    let description: String = first.unwrap_or_default().chars().take(DESCRIPTION).collect();
    Front { description, body: text.trim().to_owned(), ..Front::default() }
}

enum Node {
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    /// What a parameter means, in one text: `{type: string, description: …}` is told as both.
    fn told(self) -> String {
        match self {
            Node::Text(text) => text,
            Node::List(items) => items.into_iter().map(Node::told).collect::<Vec<_>>().join(", "),
            Node::Map(pairs) => {
                let parts = pairs.into_iter().filter(|(key, _)| key != "name").map(|(_, value)| value.told());
                parts.collect::<Vec<_>>().join(": ")
            }
        }
    }
}

/// `{name: x, description: …}` as a parameter; `{x: …}` too.
fn named(pairs: Vec<(String, Node)>) -> Vec<(String, String)> {
    let name = pairs.iter().find_map(|(key, value)| match value {
        Node::Text(text) if key == "name" => Some(text.clone()),
        _ => None,
    });
    match name {
        Some(name) => vec![(name, Node::Map(pairs).told())],
        None => pairs.into_iter().map(|(key, value)| (key, value.told())).collect(),
    }
}

fn bad(message: impl std::fmt::Display) -> SkillError {
    SkillError::refused(format!("SKILL.md: {message}")).hint("begin it with `---`, `name:`, `description:`, `---`")
}

fn fields(head: &str) -> Result<Vec<(String, Node)>, SkillError> {
    let mut events = Vec::new();
    for event in Parser::new_from_str(head) {
        let (event, _) = event.map_err(|error| {
            let (line, column) = (error.marker().line() + 1, error.marker().col() + 1);
            bad(format!("line {line}, column {column}: {}", error.info()))
        })?;
        if events.len() >= EVENTS {
            return Err(bad("the head holds too much"));
        }
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {}
            Event::Alias(_) => return Err(bad("anchors and aliases are not read")),
            other => events.push(other),
        }
    }
    let mut events = events.into_iter();
    match node(&mut events, 0)? {
        Some(Node::Map(pairs)) => Ok(pairs),
        None => Ok(Vec::new()),
        Some(_) => Err(bad("the head is no list of fields")),
    }
}

/// The next value; `None` at the end of what it stands in.
fn node<'e>(events: &mut impl Iterator<Item = Event<'e>>, depth: usize) -> Result<Option<Node>, SkillError> {
    if depth > 8 {
        return Err(bad("the head is nested too deeply"));
    }
    Ok(match events.next() {
        Some(Event::Scalar(text, ..)) => Some(Node::Text(text.into_owned())),
        Some(Event::SequenceStart(..)) => {
            let mut items = Vec::new();
            while let Some(item) = node(events, depth + 1)? {
                items.push(item);
            }
            Some(Node::List(items))
        }
        Some(Event::MappingStart(..)) => {
            let mut pairs = Vec::new();
            while let Some(key) = node(events, depth + 1)? {
                let Node::Text(key) = key else { return Err(bad("a key is no text")) };
                let value = node(events, depth + 1)?.unwrap_or(Node::Text(String::new()));
                pairs.push((key, value));
            }
            Some(Node::Map(pairs))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_read_and_written_back() {
        let text = "---\nname: save-sheet\ndescription: >\n  Saves a sheet,\n  as CSV.\nversion: 1.0\nlicense: MIT\n\
                    parameters:\n  sheetId: The sheet\n  options: {type: object, description: how}\n---\n\n# Use\nit\n";
        let front = Front::read(text).unwrap();
        assert_eq!((front.name.as_deref(), front.description.as_str()), (Some("save-sheet"), "Saves a sheet, as CSV."));
        assert_eq!(front.parameters["options"], "object: how");
        assert_eq!(front.body, "# Use\nit");
        let again = Front::read(&front.write("save-sheet")).unwrap();
        assert_eq!(again, Front { version: Some("1.0".into()), ..front });
    }

    #[test]
    fn parameters_may_be_a_list() {
        let text = "---\ndescription: x\nparameters:\n  - name: id\n    description: which\n  - plain\n---\n";
        let front = Front::read(text).unwrap();
        assert_eq!(front.parameters["id"], "which");
        assert_eq!(front.parameters["plain"], "");
    }

    #[test]
    fn a_file_without_a_head_is_described_by_its_first_paragraph() {
        let front = Front::read("# Save Sheet as CSV\nExports a sheet.\n\n## Usage\n").unwrap();
        assert_eq!(front.description, "Exports a sheet.");
    }

    #[test]
    fn hostile_heads_are_refused() {
        let long = format!("---\ndescription: {}\n---\n", "x".repeat(2_000));
        let deep = format!("---\na: {}\n---\n", "[".repeat(500));
        for text in [
            "---\na: &x [1]\nb: *x\n---\n",
            "---\ndescription: [1]\n---\n",
            "---\n- a\n---\n",
            "---\na: \"\n---\n",
            &long,
            &deep,
        ] {
            assert!(Front::read(text).is_err(), "{text:.40}");
        }
    }
}
