//! The messages.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What the host tells a worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToWorker {
    /// Run this program. Sent once; the worker ends after its `result` or `error`.
    Start(Start),
    /// A call or a search succeeded.
    Done {
        /// The worker's own number of the call.
        id: u64,
        /// The value that the program gets.
        value: Box<RawValue>,
    },
    /// A call or a search failed.
    Fail {
        /// The worker's own number of the call.
        id: u64,
        /// What the program can catch.
        error: CallFailure,
    },
}

/// One program.
#[derive(Debug, Serialize, Deserialize)]
pub struct Start {
    /// The program's text.
    pub code: String,
    /// The value for `run(input)` and the global `input`; JSON text, absent = none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Box<RawValue>>,
    /// The engine's own cap on its heap, in bytes.
    pub memory_bytes: u64,
    /// After how many bytes of console text the worker stops sending it and only counts on.
    pub stdout_bytes: u64,
}

/// The parts of a failed call that a program can catch as `ToolError`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallFailure {
    /// The stable code, such as `tool_failed`.
    pub code: String,
    /// What happened.
    pub message: String,
    /// The server concerned.
    #[serde(default)]
    pub server: String,
    /// The tool concerned.
    #[serde(default)]
    pub tool: String,
    /// Whether the same call may be repeated.
    #[serde(default)]
    pub retryable: bool,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Where console text came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Console {
    /// `console.log`, `print`.
    Out,
    /// `console.error`, `console.warn`, `sys.stderr`.
    Err,
}

/// What a worker tells the host.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromWorker {
    /// The engine is up, standard modules are loaded, and a program may come. First frame of all.
    Ready {
        /// [`crate::VERSION`] as the worker knows it.
        version: u32,
        /// The engine, such as `quickjs-ng 0.16.2` or `cpython 3.11.7`.
        engine: String,
    },
    /// Call a tool. Names are as the program wrote them: the host decides what they mean.
    Call {
        /// The worker's own number of the call; answered in `done` or `fail`.
        id: u64,
        /// The server, by its own name, its folder or its namespace.
        server: String,
        /// The tool, by its own name or its function's.
        tool: String,
        /// JSON text of the arguments object.
        arguments: Box<RawValue>,
    },
    /// `searchTools`, `search_tools`: answered in `done` or `fail`.
    Search {
        /// The worker's own number of the request.
        id: u64,
        /// The arguments of the `search_tools` tool as a JSON object.
        arguments: Box<RawValue>,
    },
    /// Console text; whole lines are not promised.
    Console {
        /// Which of the two streams.
        stream: Console,
        /// The text.
        text: String,
    },
    /// The program finished. Last frame.
    Result {
        /// The value; absent when the program gave none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<Box<RawValue>>,
        /// Console bytes that were not sent because of [`Start::stdout_bytes`].
        #[serde(default)]
        dropped_bytes: u64,
    },
    /// The program did not finish. Last frame.
    Error {
        /// What went wrong.
        error: Trouble,
        /// As in `result`.
        #[serde(default)]
        dropped_bytes: u64,
    },
}

/// Why a program did not finish, in terms of the program's own text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// `syntax_error`, `program_error` or `limit_exceeded`, or the code of an uncaught `ToolError`.
    pub code: String,
    /// The error's name and message, such as `TypeError: x is not a function`.
    pub message: String,
    /// Line in the program's text, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column in that line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// That line of the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    /// Frames of the program's own functions, mapped to its text; at most ten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_values_pass_unchanged() {
        let text = r#"{"call":{"id":7,"server":"s","tool":"t","arguments":{"b":1, "a":[1.0,2e3]}}}"#;
        let FromWorker::Call { arguments, .. } = serde_json::from_str(text).unwrap() else { panic!("a call") };
        assert_eq!(arguments.get(), r#"{"b":1, "a":[1.0,2e3]}"#);
    }

    #[test]
    fn optional_parts_may_be_absent() {
        let text = r#"{"error":{"error":{"code":"syntax_error","message":"no"}}}"#;
        assert!(matches!(serde_json::from_str(text).unwrap(), FromWorker::Error { dropped_bytes: 0, .. }));
    }
}
