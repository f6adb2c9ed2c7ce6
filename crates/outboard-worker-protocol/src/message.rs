//! The messages.

use crate::read::few;
use crate::{Module, Preflight};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What the host tells a worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToWorker {
    /// A program comes soon: look out for it without sleeping, for [`crate::AWAKE`]. Sent any number of times, and
    /// perhaps in vain, before `start`, and only to workers that said [`FromWorker::Ready::wakes`].
    Wake {},
    /// Run this program. Sent once; the worker ends after its `result` or `error`.
    Start(Start),
    /// What time it is for the program from now on, in milliseconds since 1970. Sent ahead of answers where
    /// [`Start::durable`] is set: a program's clock moves only with what the host tells it.
    Clock {
        /// The time.
        now_ms: f64,
    },
    /// Go on after [`FromWorker::Inspected`]: the program may run. Sent only where [`Start::hold`] asked for it.
    Go {},
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
#[derive(Debug, Default, Serialize, Deserialize)]
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
    /// Whether the worker says what the program holds and waits for `go` before it runs it.
    #[serde(default)]
    pub hold: bool,
    /// Whether [`Inspection::module`] is wanted: the text is to be kept and imported by other programs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub describe: bool,
    /// Tokens of private values that the program's text holds, and what they stand for: to be replaced in its
    /// literals, as values, never as code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<(String, String)>,
    /// What the program may reach of the network; absent = nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
    /// Where clock and random numbers come from; absent = the machine's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub durable: Option<Durable>,
}

/// What makes two runs of a program over the same answers the same: its clock, its random numbers and its
/// timers come from the host.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Durable {
    /// The seed of every random number: 64 hexadecimal digits.
    pub seed: String,
    /// The time at the start, in milliseconds since 1970.
    pub now_ms: f64,
}

/// What a program may reach of the network. The host decides each request; this only tells the guest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// The proxy inside the jail, such as `http://127.0.0.1:3128`; absent where the engine has only `fetch`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// The granted patterns, such as `api.example.com:443`, for messages.
    #[serde(default)]
    pub allow: Vec<String>,
}

/// What a program holds, read from its syntax before it runs. Hints for rules and records, not a boundary:
/// a program can hide what it does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// Modules that it imports, as written.
    #[serde(default, deserialize_with = "few")]
    pub imports: Vec<String>,
    /// Tools that it names in calls, as written, such as `crm.get_customer`.
    #[serde(default, deserialize_with = "few")]
    pub tools: Vec<String>,
    /// Evaluation of text as code, such as `eval` or `new Function`, with its line.
    #[serde(default, deserialize_with = "few")]
    pub dynamic: Vec<String>,
    /// What the program would fail at.
    #[serde(default)]
    pub preflight: Preflight,
    /// What the text is as a module; only where [`Start::describe`] asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<Module>,
}

/// One HTTP request of a program; the host makes it, where policy allows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchRequest {
    /// The method, such as `GET`.
    pub method: String,
    /// The absolute address.
    pub url: String,
    /// Name and value pairs.
    #[serde(default, deserialize_with = "few")]
    pub headers: Vec<(String, String)>,
    /// The body in standard base64; absent = none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// `follow`, `error` or `manual`; empty means `follow`.
    #[serde(default)]
    pub redirect: String,
}

/// The answer to a [`FetchRequest`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchResponse {
    /// The status, such as 200.
    pub status: u16,
    /// Its text, such as `OK`.
    #[serde(default)]
    pub status_text: String,
    /// The address that answered, after redirects.
    pub url: String,
    /// Whether a redirect was followed.
    #[serde(default)]
    pub redirected: bool,
    /// Name and value pairs.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The body in standard base64.
    #[serde(default)]
    pub body: String,
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
        /// Whether it knows what [`ToWorker::Wake`] means.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        wakes: bool,
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
        /// The line of the program that makes the call, from 1, where the worker knows it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        line: Option<u32>,
    },
    /// `searchTools`, `search_tools`: answered in `done` or `fail`.
    Search {
        /// The worker's own number of the request.
        id: u64,
        /// The arguments of the `search_tools` tool as a JSON object.
        arguments: Box<RawValue>,
    },
    /// `fetch`: answered in `done`, whose value is a [`FetchResponse`], or in `fail`.
    Fetch {
        /// The worker's own number of the request.
        id: u64,
        /// The request.
        request: FetchRequest,
    },
    /// A timer: answered in `done` with `null` when it is due. Sent only where [`Start::durable`] is set;
    /// otherwise timers are the worker's own business.
    Timer {
        /// The worker's own number of the request.
        id: u64,
        /// How long from now, in milliseconds.
        ms: f64,
    },
    /// What the program holds. Sent once after `start` where [`Start::hold`] is set; the worker then waits
    /// for `go`.
    Inspected {
        /// The findings.
        inspection: Inspection,
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
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "few")]
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
