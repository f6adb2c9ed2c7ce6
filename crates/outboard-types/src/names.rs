//! Names and ids. Each is a type of its own, so that a server is never passed where a tool is meant.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Longest accepted name, in bytes. The longest of 3,210 surveyed tool names has 86.
const MAX_NAME: usize = 256;

/// A name that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} name {name:?} is not usable: {reason}")]
pub struct NameError {
    /// What was being named: `server`, `tool` or `session`.
    pub kind: &'static str,
    /// The name as given, cut to 64 characters.
    pub name: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

fn check(kind: &'static str, name: &str, path_safe: bool) -> Result<(), NameError> {
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.len() > MAX_NAME {
        "it has more than 256 bytes"
    } else if name.chars().any(char::is_control) {
        "it holds control characters"
    } else if path_safe && (name.starts_with('.') || name.contains(['/', '\\'])) {
        "it starts with a dot or holds a path separator"
    } else {
        return Ok(());
    };
    Err(NameError { kind, name: name.chars().take(64).collect(), reason })
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $kind:literal, $path_safe:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(Arc<str>);

        impl $type {
            /// Checks and wraps a name; at most 256 bytes, no control characters.
            pub fn new(name: impl AsRef<str>) -> Result<Self, NameError> {
                check($kind, name.as_ref(), $path_safe)?;
                Ok(Self(name.as_ref().into()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;
            fn try_from(name: String) -> Result<Self, NameError> {
                Self::new(name)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> String {
                name.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }
    };
}

name!(
    /// The configured name of an upstream server, such as `google-drive`. Used in folder names, so it
    /// neither starts with a dot nor holds a path separator.
    ServerName, "server", true
);
name!(
    /// A tool's name exactly as its server declares it.
    ToolName, "tool", false
);
name!(
    /// The name of a session: the unit that shares a workspace. Used in folder names.
    SessionName, "session", true
);

impl Default for SessionName {
    fn default() -> Self {
        Self("default".into())
    }
}

/// One tool of one server. Never a joined string: pairs such as `a_b`+`c` and `a`+`b_c` would collide.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ToolId {
    /// The upstream that declares it.
    pub server: ServerName,
    /// Its name there.
    pub tool: ToolName,
}

impl ToolId {
    /// Builds an id from two unchecked names.
    pub fn new(server: impl AsRef<str>, tool: impl AsRef<str>) -> Result<Self, NameError> {
        Ok(Self { server: ServerName::new(server)?, tool: ToolName::new(tool)? })
    }
}

impl fmt::Display for ToolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.server, self.tool)
    }
}

/// The id of one execution: `ex_` and 26 characters, sortable by start time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExecutionId(pub Arc<str>);

impl ExecutionId {
    /// Builds an id from a start time in milliseconds since 1970 and 64 random bits.
    pub fn from_parts(millis: u64, random: u64) -> Self {
        Self(format!("ex_{millis:011x}{random:016x}").into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ExecutionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who asks: `local` over stdio and on the command line, the token's name over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Principal(pub Arc<str>);

impl Default for Principal {
    fn default() -> Self {
        Self("local".into())
    }
}

/// A language that programs may be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// TypeScript; plain JavaScript included.
    #[default]
    TypeScript,
    /// Python 3, run by the host's CPython.
    Python,
    /// Bash with the host's core utilities; tools are commands.
    Bash,
}

impl Language {
    /// Every language, in the order in which they are offered.
    pub const ALL: [Language; 3] = [Language::TypeScript, Language::Python, Language::Bash];

    /// The name used in arguments and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Language::TypeScript => "typescript",
            Language::Python => "python",
            Language::Bash => "bash",
        }
    }

    /// Understands the names and file extensions that people and models use for it.
    pub fn parse(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "typescript" | "ts" | "javascript" | "js" | "mjs" | "mts" => Some(Language::TypeScript),
            "python" | "py" | "python3" => Some(Language::Python),
            "bash" | "sh" | "shell" => Some(Language::Bash),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_names_that_would_leave_a_folder() {
        for bad in ["", "..", ".x", "a/b", "a\\b", "a\0b"] {
            assert!(ServerName::new(bad).is_err(), "{bad:?}");
        }
        assert!(ToolName::new("a/b.c").is_ok(), "tools may be named like paths");
    }

    #[test]
    fn execution_ids_sort_by_time() {
        assert!(ExecutionId::from_parts(1, u64::MAX) < ExecutionId::from_parts(2, 0));
    }
}
