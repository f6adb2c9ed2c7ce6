//! What may be asked of the door besides tool calls.
//!
//! Everything walks the same chain under a [`ToolId`]. Tools keep their own names; all else gets a name
//! with a reserved prefix, so that one rule engine, one journal and one [`Permit`](crate::Permit) cover it:
//!
//! | name | stands for |
//! |---|---|
//! | `resource:URI` | reading a resource |
//! | `prompt:NAME` | fetching a prompt |
//! | `completion:NAME` | completing an argument of a prompt or a resource template |
//! | `upstream:sampling`, `upstream:elicitation`, `upstream:roots` | what a server asks of us |
//!
//! A policy addresses them as `drive.resource:file:///reports/*`. The name is made from the arguments and
//! checked against them in `validate`, so a rule about the name is a rule about what happens.

use outboard_catalog::Hints;
use outboard_types::{ErrorCode, ServerName, ToolError, ToolId};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use std::sync::Arc;

/// What a request is about; follows from its [`ToolId`] alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `tools/call`.
    Tool,
    /// `resources/read`.
    Resource,
    /// `prompts/get`.
    Prompt,
    /// `completion/complete`.
    Completion,
    /// `sampling/createMessage`, asked by the server.
    Sampling,
    /// `elicitation/create`, asked by the server.
    Elicitation,
    /// `roots/list`, asked by the server.
    Roots,
}

impl Kind {
    /// Every kind.
    pub const ALL: &'static [Kind] =
        &[Kind::Tool, Kind::Resource, Kind::Prompt, Kind::Completion, Kind::Sampling, Kind::Elicitation, Kind::Roots];

    /// The kind that a name stands for. A tool that a server names like this is not callable as a tool.
    pub fn of(id: &ToolId) -> Self {
        let name = id.tool.as_str();
        let named = |kind: &&Kind| match kind {
            Kind::Tool => false,
            Kind::Resource | Kind::Prompt | Kind::Completion => name.starts_with(kind.prefix()),
            _ => name == kind.prefix(),
        };
        Self::ALL.iter().copied().find(|kind| named(&kind)).unwrap_or(Kind::Tool)
    }

    /// The word in records and rules.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Tool => "tool",
            Kind::Resource => "resource",
            Kind::Prompt => "prompt",
            Kind::Completion => "completion",
            Kind::Sampling => "sampling",
            Kind::Elicitation => "elicitation",
            Kind::Roots => "roots",
        }
    }

    /// Whether servers ask it of us, in the middle of a call.
    pub fn is_asked_back(self) -> bool {
        matches!(self, Kind::Sampling | Kind::Elicitation | Kind::Roots)
    }

    /// What its effects are by protocol, where no server declares them. Sampling spends the principal's
    /// money on a server's wish, so a person is asked unless a rule says otherwise.
    pub fn hints(self) -> Hints {
        let (read_only, destructive) = match self {
            Kind::Tool => (None, None),
            Kind::Sampling => (Some(false), Some(true)),
            Kind::Elicitation => (Some(false), Some(false)),
            _ => (Some(true), Some(false)),
        };
        Hints { read_only, destructive, idempotent: None, open_world: None }
    }

    /// The name at the door of something that a server lists; `None` where rules could not see all of it.
    pub fn id(self, server: &ServerName, name: &str) -> Option<ToolId> {
        ToolId::new(server.as_str(), format!("{}{name}", self.prefix())).ok()
    }

    fn prefix(self) -> &'static str {
        match self {
            Kind::Tool => "",
            Kind::Resource => "resource:",
            Kind::Prompt => "prompt:",
            Kind::Completion => "completion:",
            Kind::Sampling => "upstream:sampling",
            Kind::Elicitation => "upstream:elicitation",
            Kind::Roots => "upstream:roots",
        }
    }

    /// The name that arguments of this kind belong to; `None` where they do not say.
    fn name_of(self, arguments: &Value) -> Option<String> {
        let text = |value: &Value, key: &str| value.get(key)?.as_str().map(str::to_owned);
        let rest = match self {
            Kind::Resource => text(arguments, "uri")?,
            Kind::Prompt => text(arguments, "name")?,
            Kind::Completion => {
                let reference = arguments.get("ref")?;
                text(reference, "name").or_else(|| text(reference, "uri"))?
            }
            _ => String::new(),
        };
        Some(format!("{}{rest}", self.prefix()))
    }

    /// Whether the arguments are those that the name promises.
    pub(crate) fn agrees(self, id: &ToolId, arguments: &Value) -> bool {
        self.name_of(arguments).as_deref() == Some(id.tool.as_str())
    }
}

/// Something to ask of the door that is no tool call.
#[derive(Debug, Clone)]
pub enum Operation {
    /// Reads a resource.
    ReadResource {
        /// Its address; at most 247 bytes, so that rules always see all of it.
        uri: String,
    },
    /// Fetches a prompt.
    GetPrompt {
        /// Its name.
        name: String,
        /// Its arguments.
        arguments: Value,
    },
    /// Completes an argument; the parameters of `completion/complete`.
    Complete(Value),
    /// A server asks for a message of the principal's model; the parameters as they came.
    Sampling(Value),
    /// A server asks the person a question; the parameters as they came.
    Elicitation(Value),
    /// A server asks for the folders it may use.
    Roots,
}

impl Operation {
    /// The name and the arguments under which the operation walks the chain.
    pub fn subject(self, server: &ServerName) -> Result<(ToolId, Arc<RawValue>), ToolError> {
        let (kind, arguments) = match self {
            Operation::ReadResource { uri } => (Kind::Resource, json!({ "uri": uri })),
            Operation::GetPrompt { name, arguments } => (Kind::Prompt, json!({ "name": name, "arguments": arguments })),
            Operation::Complete(parameters) => (Kind::Completion, parameters),
            Operation::Sampling(parameters) => (Kind::Sampling, parameters),
            Operation::Elicitation(parameters) => (Kind::Elicitation, parameters),
            Operation::Roots => (Kind::Roots, json!({})),
        };
        let name = kind.name_of(&arguments).ok_or_else(|| unusable(kind, "it does not say what it is about"))?;
        let id = ToolId::new(server.as_str(), name).map_err(|error| unusable(kind, error.reason))?;
        let raw = to_raw_value(&arguments).map_err(|error| unusable(kind, &error.to_string()))?;
        Ok((id, raw.into()))
    }
}

fn unusable(kind: Kind, reason: &str) -> ToolError {
    ToolError::new(ErrorCode::InvalidRequest, format!("the {} request is not usable: {reason}", kind.as_str()))
        .hint("rules must be able to see the whole name; shorten it or use a tool of the server")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_happens_and_read_back() {
        let server = ServerName::new("drive").unwrap();
        let cases = [
            (Operation::ReadResource { uri: "file:///a".into() }, Kind::Resource, "drive.resource:file:///a"),
            (Operation::GetPrompt { name: "sum".into(), arguments: json!({}) }, Kind::Prompt, "drive.prompt:sum"),
            (Operation::Complete(json!({"ref": {"name": "sum"}})), Kind::Completion, "drive.completion:sum"),
            (Operation::Sampling(json!({"messages": []})), Kind::Sampling, "drive.upstream:sampling"),
            (Operation::Roots, Kind::Roots, "drive.upstream:roots"),
        ];
        for (operation, kind, name) in cases {
            let (id, raw) = operation.subject(&server).unwrap();
            assert_eq!((Kind::of(&id), id.to_string().as_str()), (kind, name));
            assert!(kind.agrees(&id, &serde_json::from_str(raw.get()).unwrap()));
        }
        assert_eq!(Kind::of(&ToolId::new("drive", "resources").unwrap()), Kind::Tool);
        assert_eq!(Kind::Prompt.id(&server, "sum").unwrap().to_string(), "drive.prompt:sum");
    }

    #[test]
    fn a_name_that_rules_could_not_see_whole_is_refused() {
        let server = ServerName::new("drive").unwrap();
        for uri in ["x".repeat(300), "file:///\u{7}".into()] {
            let error = Operation::ReadResource { uri }.subject(&server).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidRequest);
        }
        let id = ToolId::new("drive", "resource:file:///public").unwrap();
        assert!(!Kind::Resource.agrees(&id, &json!({"uri": "file:///secret"})));
    }
}
