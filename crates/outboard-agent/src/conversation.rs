//! What was said so far, in no provider's format, so that it can be kept and sent to any of them.

use crate::budget::Spent;
use crate::prompts::Mode;
use crate::provider::Provider;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Everything that is needed to go on later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// Its id.
    pub id: String,
    /// Whose model speaks; what only this provider understands is kept for it.
    pub provider: Provider,
    /// Which model.
    pub model: String,
    /// How tools are offered.
    pub mode: Mode,
    /// What was said.
    pub entries: Vec<Entry>,
    /// What it cost so far.
    pub spent: Spent,
}

/// One thing that was said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Entry {
    /// A task or a remark.
    User {
        /// What was said.
        text: String,
        /// Whether the loop said it, to correct the model.
        #[serde(default)]
        correction: bool,
    },
    /// What the model said.
    Model {
        /// In the order in which it came.
        parts: Vec<Part>,
    },
    /// The answers to its calls, in their order.
    Tools {
        /// One for each call.
        answers: Vec<Answer>,
    },
}

/// A part of what the model said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Text.
    Text(String),
    /// A call.
    Call(ToolUse),
    /// What only its provider understands and wants back, such as sealed reasoning.
    Opaque(Value),
}

/// A call that the model asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolUse {
    /// The provider's id of the call; unique within the conversation.
    pub id: String,
    /// The name as the model wrote it.
    pub name: String,
    /// An object; an empty one where what the model wrote cannot be read.
    pub arguments: Value,
}

/// The answer to one call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The id of the call.
    pub id: String,
    /// What the model reads.
    pub text: String,
    /// Whether the call failed.
    pub is_error: bool,
    /// Whether it was shortened since, to stay within the model's context.
    #[serde(default)]
    pub trimmed: bool,
}

impl Answer {
    /// An answer as it is given.
    pub fn new(id: impl Into<String>, text: impl Into<String>, is_error: bool) -> Self {
        Self { id: id.into(), text: text.into(), is_error, trimmed: false }
    }
}

impl Entry {
    /// What a person said.
    pub fn user(text: impl Into<String>) -> Self {
        Self::User { text: text.into(), correction: false }
    }

    /// What the loop says to put the model right.
    pub(crate) fn correction(text: impl Into<String>) -> Self {
        Self::User { text: text.into(), correction: true }
    }

    /// The calls of an entry of the model's.
    pub fn calls(&self) -> impl Iterator<Item = &ToolUse> {
        let parts = if let Entry::Model { parts } = self { parts.as_slice() } else { &[] };
        parts.iter().filter_map(|part| if let Part::Call(call) = part { Some(call) } else { None })
    }

    /// Its text, as far as people read it.
    pub fn text(&self) -> String {
        match self {
            Entry::User { text, .. } => text.clone(),
            Entry::Model { parts } => {
                let texts =
                    parts.iter().filter_map(|part| if let Part::Text(text) = part { Some(&**text) } else { None });
                texts.collect::<Vec<_>>().join("\n")
            }
            Entry::Tools { answers } => {
                answers.iter().map(|answer| answer.text.as_str()).collect::<Vec<_>>().join("\n")
            }
        }
    }
}

/// What a call that nobody waited for is answered with.
const INTERRUPTED: &str = "interrupted before its result came: whether it took effect is not known. \
                           Look before you do it again.";

impl Conversation {
    /// A new one, about one task.
    pub fn new(id: impl Into<String>, provider: Provider, model: impl Into<String>, mode: Mode) -> Self {
        Self { id: id.into(), provider, model: model.into(), mode, entries: Vec::new(), spent: Spent::default() }
    }

    /// Gives it to another model: what only the provider before understood is left out.
    pub fn hand_over(&mut self, provider: Provider, model: impl Into<String>) {
        if self.provider != provider {
            for entry in &mut self.entries {
                if let Entry::Model { parts } = entry {
                    parts.retain(|part| !matches!(part, Part::Opaque(_)));
                }
            }
        }
        (self.provider, self.model) = (provider, model.into());
    }

    /// Answers calls that were left without an answer when an earlier process ended or was stopped.
    pub fn mend(&mut self) {
        let Some(last) = self.entries.last() else { return };
        let open: Vec<Answer> = last.calls().map(|call| Answer::new(&*call.id, INTERRUPTED, true)).collect();
        if !open.is_empty() {
            self.entries.push(Entry::Tools { answers: open });
        }
    }

    /// Whether a call of this id was made before.
    pub(crate) fn knows(&self, id: &str) -> bool {
        self.entries.iter().flat_map(Entry::calls).any(|call| call.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked() -> Conversation {
        let mut conversation = Conversation::new("ag_1", Provider::Anthropic, "m", Mode::Code);
        let call = ToolUse { id: "c1".into(), name: "run_code".into(), arguments: json!({}) };
        let parts = vec![Part::Opaque(json!({"type": "thinking"})), Part::Text("so".into()), Part::Call(call)];
        conversation.entries = vec![Entry::user("do it"), Entry::Model { parts }];
        conversation
    }

    #[test]
    fn open_calls_are_answered_once() {
        let mut conversation = asked();
        conversation.mend();
        conversation.mend();
        let Some(Entry::Tools { answers }) = conversation.entries.last() else { panic!("no answers") };
        assert_eq!((conversation.entries.len(), answers[0].id.as_str(), answers[0].is_error), (3, "c1", true));
    }

    #[test]
    fn another_provider_gets_nothing_that_it_does_not_understand() {
        let mut conversation = asked();
        conversation.hand_over(Provider::Anthropic, "n");
        assert!(matches!(&conversation.entries[1], Entry::Model { parts } if parts.len() == 3));
        conversation.hand_over(Provider::Chat, "n");
        assert!(matches!(&conversation.entries[1], Entry::Model { parts } if parts.len() == 2));
    }

    #[test]
    fn it_can_be_kept() {
        let text = serde_json::to_string(&asked()).unwrap();
        assert_eq!(serde_json::from_str::<Conversation>(&text).unwrap(), asked());
    }
}
