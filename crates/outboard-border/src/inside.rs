//! What programs get that are kept from private values themselves: `inside = "tokens"`.

use crate::border::{Border, Inside};
use crate::notes::{Note, Notes};
use crate::place::Place;
use crate::source::MARK;
use outboard_types::ToolId;
use outboard_vault::Session;
use serde_json::Value;
use serde_json::value::RawValue;

impl Border {
    /// A tool's answer as a program sees it, with what became a token noted; the answer itself where programs see values.
    pub fn inside_answer(&self, place: &Place, id: &ToolId, answer: Box<RawValue>, notes: &mut Notes) -> Box<RawValue> {
        match self.inside() {
            Inside::Tokens => {
                self.json(place, &answer, Some(id), &answered(id.server.as_str(), id.tool.as_str()), notes)
            }
            Inside::Values => answer,
        }
    }

    /// Notes the tokens of an answer that was made before and is given again: why they are tokens is no longer known.
    pub fn note_recorded(&self, place: &Place, server: &str, tool: &str, answer: &RawValue, notes: &mut Notes) {
        if self.inside() != Inside::Tokens || !answer.get().contains('[') {
            return;
        }
        let value: Value = serde_json::from_str(answer.get()).unwrap_or_default();
        if let Ok(session) = self.session(place) {
            walk(&session, &value, &mut answered(server, tool), " ", notes);
        }
    }
}

fn answered(server: &str, tool: &str) -> String {
    format!("answer {server}.{tool}")
}

/// Notes the tokens in the texts of a value; `gap` stands before the next step of the pointer.
fn walk(session: &Session, value: &Value, at: &mut String, gap: &str, notes: &mut Notes) {
    let length = at.len();
    let mut step = |name: &str, part: &Value, notes: &mut Notes| {
        at.push_str(&format!("{gap}/{}", name.replace('~', "~0").replace('/', "~1")));
        walk(session, part, at, "", notes);
        at.truncate(length);
    };
    match value {
        Value::String(text) => {
            for mark in MARK.find_iter(text).map(|mark| mark.as_str()) {
                if session.restore(mark).is_ok_and(|value| value != mark) {
                    let token =
                        mark.rsplit_once("]@").map_or_else(|| mark.to_owned(), |(token, _)| format!("{token}]"));
                    notes.once(Note { token, at: at.clone(), rule: "recorded".to_owned() });
                }
            }
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(n, item)| step(&n.to_string(), item, notes)),
        Value::Object(map) => map.iter().for_each(|(key, item)| step(key, item, notes)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
