//! What is asked for, read from the program's frame, which may hold anything.

use outboard_journal::Effect;
use outboard_types::{ErrorCode, ToolError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// Largest value, as JSON.
pub(super) const LARGEST: usize = 256 << 10;

/// Longest key, in bytes.
const LONGEST_KEY: usize = 512;

/// One of our functions with its arguments.
#[derive(Debug, Clone)]
pub(in crate::engine) enum Own {
    /// A value, or something else where there is none.
    Get {
        key: String,
        default: Option<Box<RawValue>>,
    },
    /// A value and its version.
    Look {
        key: String,
    },
    /// Keeps a value; over a version only, where one is given.
    Set {
        key: String,
        value: Box<RawValue>,
        over: Option<u64>,
    },
    Delete {
        key: String,
    },
    List {
        prefix: String,
    },
    Tokenize {
        value: String,
        kind: String,
    },
    IsToken {
        text: String,
    },
    /// The time, for engines that have no clock of ours.
    Now,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Get {
    key: String,
    #[serde(default)]
    default: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    key: String,
    value: Box<RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Put {
    key: String,
    value: Box<RawValue>,
    version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    prefix: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tokenize {
    value: String,
    #[serde(default = "private")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IsToken {
    text: String,
}

fn private() -> String {
    "PRIVATE".to_owned()
}

impl Own {
    /// Whether it reads what the session keeps.
    pub(super) fn reads(&self) -> bool {
        matches!(self, Self::Get { .. } | Self::Look { .. } | Self::List { .. })
    }

    /// Reads a request.
    pub(super) fn parse(name: &str, arguments: &RawValue) -> Result<Self, ToolError> {
        Ok(match name {
            "state_get" => {
                let Get { key, default } = read("state.get", arguments)?;
                Self::Get { key: checked(key)?, default }
            }
            "state_look" => Self::Look { key: checked(read::<Key>("state.update", arguments)?.key)? },
            "state_set" => {
                let Set { key, value } = read("state.set", arguments)?;
                Self::Set { key: checked(key)?, value: small(value)?, over: None }
            }
            "state_put" => {
                let Put { key, value, version } = read("state.update", arguments)?;
                Self::Set { key: checked(key)?, value: small(value)?, over: Some(version) }
            }
            "state_delete" => Self::Delete { key: checked(read::<Key>("state.delete", arguments)?.key)? },
            "state_list" => Self::List { prefix: read::<List>("state.list", arguments)?.prefix },
            "tokenize" => {
                let Tokenize { value, kind } = read("tokenize", arguments)?;
                Self::Tokenize { value, kind }
            }
            "is_token" => Self::IsToken { text: read::<IsToken>("isToken", arguments)?.text },
            "now" => Self::Now,
            other => return Err(unknown(other)),
        })
    }

    /// What repeating it may do. A change is made once for its call, so repeating is always safe.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Get { .. } | Self::Look { .. } | Self::List { .. } | Self::IsToken { .. } | Self::Now => {
                Effect::ReadOnly
            }
            Self::Set { .. } | Self::Delete { .. } | Self::Tokenize { .. } => Effect::Repeatable,
        }
    }

    /// Its name as programs write it.
    pub(in crate::engine) fn name(&self) -> &'static str {
        match self {
            Self::Get { .. } => "state.get",
            Self::Look { .. } | Self::Set { over: Some(_), .. } => "state.update",
            Self::Set { .. } => "state.set",
            Self::Delete { .. } => "state.delete",
            Self::List { .. } => "state.list",
            Self::Tokenize { .. } => "tokenize",
            Self::IsToken { .. } => "isToken",
            Self::Now => "now",
        }
    }

    /// Whether it changes something that outlives the program.
    pub(in crate::engine) fn changes(&self) -> bool {
        self.effect() != Effect::ReadOnly
    }
}

fn read<T: DeserializeOwned>(function: &str, arguments: &RawValue) -> Result<T, ToolError> {
    serde_json::from_str(arguments.get()).map_err(|error| {
        let text = error.to_string();
        let what = text.split(" at line ").next().unwrap_or_default();
        ToolError::new(ErrorCode::InvalidArguments, format!("{function}: {what}"))
            .hint("keys are text; values are anything that JSON can hold")
    })
}

fn checked(key: String) -> Result<String, ToolError> {
    if key.is_empty() || key.len() > LONGEST_KEY || key.contains(char::is_control) {
        let text = format!("a key of state has 1 to {LONGEST_KEY} bytes and no control characters");
        return Err(ToolError::new(ErrorCode::InvalidArguments, text));
    }
    Ok(key)
}

fn small(value: Box<RawValue>) -> Result<Box<RawValue>, ToolError> {
    if value.get().len() > LARGEST { Err(too_large()) } else { Ok(value) }
}

pub(super) fn too_large() -> ToolError {
    ToolError::new(ErrorCode::LimitExceeded, format!("a value of state has at most {} KiB of JSON", LARGEST >> 10))
        .hint("keep large data in a file under /workspace, and its path in the state")
}

fn unknown(name: &str) -> ToolError {
    let name: String = name.chars().take(80).collect();
    ToolError::new(ErrorCode::UnknownTool, format!("Outboard offers no function {name:?} to programs"))
        .hint("there are state.get, set, update, delete and list, tokenize, and isToken (is_token)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(name: &str, arguments: &str) -> Result<Own, ToolError> {
        Own::parse(name, &RawValue::from_string(arguments.to_owned()).unwrap())
    }

    #[test]
    fn requests_are_read_strictly() {
        let set = parsed("state_set", r#"{"key":"k","value":null}"#).unwrap();
        assert!(matches!(&set, Own::Set { key, value, over: None } if key == "k" && value.get() == "null"));
        assert!(set.changes() && !parsed("state_list", "{}").unwrap().changes());
        for (name, arguments, code) in [
            ("state_set", r#"{"key":"k"}"#.to_owned(), ErrorCode::InvalidArguments),
            ("state_set", r#"{"key":7,"value":1}"#.to_owned(), ErrorCode::InvalidArguments),
            ("state_get", r#"{"key":"k","more":1}"#.to_owned(), ErrorCode::InvalidArguments),
            ("state_get", r#"{"key":""}"#.to_owned(), ErrorCode::InvalidArguments),
            ("state_get", format!(r#"{{"key":"{}"}}"#, "k".repeat(513)), ErrorCode::InvalidArguments),
            ("state_put", r#"{"key":"k","value":1,"version":-1}"#.to_owned(), ErrorCode::InvalidArguments),
            ("state_set", format!(r#"{{"key":"k","value":"{}"}}"#, "v".repeat(LARGEST)), ErrorCode::LimitExceeded),
            ("search_tools", "{}".to_owned(), ErrorCode::UnknownTool),
        ] {
            assert_eq!(parsed(name, &arguments).unwrap_err().code, code, "{name}");
        }
    }
}
