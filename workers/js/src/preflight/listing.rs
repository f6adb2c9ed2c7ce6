//! The functions of one server. The host writes each on a line of its own, so that those that a program names are found
//! without reading the others.

use super::surface::{normal, sole};
use serde::Deserialize;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// A tool's names and its parameters in calling order.
#[derive(Debug, Deserialize)]
pub(crate) struct ToolEntry {
    pub(crate) tool: String,
    pub(crate) ts: String,
    pub(crate) py: String,
    #[serde(default)]
    pub(crate) params: Vec<String>,
}

/// The file of a server, read as far as it was asked about.
#[derive(Default)]
pub(super) struct Listing {
    text: String,
    all: OnceCell<Vec<Rc<ToolEntry>>>,
    found: RefCell<Found>,
}

/// What was asked for; a number means the same function as long as the listing is there.
#[derive(Default)]
struct Found {
    tools: Vec<Rc<ToolEntry>>,
    by_name: HashMap<String, Option<usize>>,
}

type Form = (&'static str, fn(&ToolEntry) -> &str);

/// The ways to write a name; the first that fits counts.
const FORMS: [Form; 3] = [("ts", |tool| &tool.ts), ("tool", |tool| &tool.tool), ("py", |tool| &tool.py)];

impl Listing {
    pub(super) fn new(text: String) -> Self {
        Self { text, ..Self::default() }
    }

    /// Every function.
    pub(super) fn all(&self) -> &[Rc<ToolEntry>] {
        #[derive(Deserialize)]
        struct Whole {
            tools: Vec<ToolEntry>,
        }
        self.all.get_or_init(|| {
            let whole = serde_json::from_str(&self.text).unwrap_or(Whole { tools: Vec::new() });
            whole.tools.into_iter().map(Rc::new).collect()
        })
    }

    /// A function that was found.
    pub(super) fn get(&self, at: usize) -> Rc<ToolEntry> {
        self.found.borrow().tools[at].clone()
    }

    /// A function by any spelling of its name, if only one can be meant.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        if let Some(known) = self.found.borrow().by_name.get(name) {
            return *known;
        }
        let at = self.look(name).map(|tool| self.number(tool));
        self.found.borrow_mut().by_name.insert(name.to_owned(), at);
        at
    }

    /// The function of exactly this name in TypeScript.
    pub(super) fn called(&self, name: &str) -> Option<usize> {
        self.find(name).filter(|at| self.get(*at).ts == name)
    }

    fn number(&self, tool: Rc<ToolEntry>) -> usize {
        let tools = &mut self.found.borrow_mut().tools;
        tools.iter().position(|known| known.ts == tool.ts).unwrap_or_else(|| {
            tools.push(tool);
            tools.len() - 1
        })
    }

    fn look(&self, name: &str) -> Option<Rc<ToolEntry>> {
        if let Some(tool) = FORMS.iter().find_map(|form| self.line(*form, name)) {
            return Some(Rc::new(tool));
        }
        let exact = FORMS.iter().find_map(|(_, of)| self.all().iter().find(|tool| of(tool) == name));
        let like = || {
            let wanted = normal(name);
            sole(self.all().iter().filter(|tool| !wanted.is_empty() && normal(&tool.ts) == wanted))
        };
        exact.or_else(like).cloned()
    }

    /// The function whose line says this name.
    fn line(&self, (key, of): Form, name: &str) -> Option<ToolEntry> {
        let at = self.text.find(&format!("\"{key}\":{}", serde_json::Value::from(name)))?;
        let (before, behind) = self.text.split_at(at);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let end = behind.find('\n').map_or(self.text.len(), |length| at + length);
        let tool: ToolEntry = serde_json::from_str(self.text[start..end].trim_end_matches(',')).ok()?;
        (of(&tool) == name).then_some(tool)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOLS: [&str; 3] = [
        r#"{"params":["documentId"],"py":"get_document","tool":"get_document","ts":"getDocument"}"#,
        r#"{"params":[],"py":"say","tool":"say \"ts\":\"x\"","ts":"say"}"#,
        r#"{"params":["ts"],"py":"getdocument_2","tool":"getdocument","ts":"getdocument2"}"#,
    ];

    #[test]
    fn lines_and_other_layouts_say_the_same() {
        for layout in [",\n", ","] {
            let listing = Listing::new(format!("{{\"server\":\"s\",\"tools\":[\n{}\n]}}\n", TOOLS.join(layout)));
            let found = |name: &str| listing.find(name).map(|at| listing.get(at).ts.clone());
            for name in ["getDocument", "get_document", "GetDocument"] {
                assert_eq!(found(name).as_deref(), Some("getDocument"), "{name}");
            }
            assert_eq!(found("getdocument").as_deref(), Some("getdocument2"), "its own name");
            assert_eq!(found("say \"ts\":\"x\"").as_deref(), Some("say"));
            assert_eq!((found("x"), found(""), found("server")), (None, None, None));
            assert_eq!(listing.find("getDocument"), listing.find("get_document"), "one number a function");
            assert_eq!((listing.called("getDocument").is_some(), listing.called("get_document")), (true, None));
        }
        assert_eq!(Listing::new("nothing".into()).find("a"), None);
    }

    #[test]
    fn what_is_named_is_found_without_reading_the_rest() {
        let listing = Listing::new(format!("{{\"tools\":[\n{},\nno JSON\n]}}", TOOLS.join(",\n")));
        assert!(listing.find("getDocument").is_some() && listing.find("sayIt").is_none());
    }
}
