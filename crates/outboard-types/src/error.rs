//! Stable error codes and the one error a program can catch.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// A stable error code. Each has a page in `docs/errors/`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ErrorCode {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)*
        }

        impl ErrorCode {
            /// Every code: each has its page, and a program can end with no other.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$variant),*];

            /// The code as it appears in reports, JSON and documentation.
            pub fn as_str(self) -> &'static str {
                match self { $(ErrorCode::$variant => $text,)* }
            }
        }
    };
}

codes! {
    /// The upstream answered, and its answer says that the tool failed (`isError`).
    ToolFailed = "tool_failed",
    /// The arguments do not fit the tool's input schema; nothing was sent.
    InvalidArguments = "invalid_arguments",
    /// No server of that name is configured.
    UnknownServer = "unknown_server",
    /// The server declares no tool of that name.
    UnknownTool = "unknown_tool",
    /// Policy does not allow the call; nothing was sent.
    Denied = "denied",
    /// The tool's definition changed since it was accepted; nothing was sent.
    DefinitionChanged = "definition_changed",
    /// A person was asked and said no; nothing was sent.
    ApprovalDenied = "approval_denied",
    /// A person was asked and nobody answered in time; nothing was sent.
    ApprovalExpired = "approval_expired",
    /// The call would cost more than a budget has left; nothing was sent.
    BudgetExceeded = "budget_exceeded",
    /// Calls of this kind come faster than a rate allows; nothing was sent.
    RateLimited = "rate_limited",
    /// The server failed repeatedly and is left alone for a while; nothing was sent.
    CircuitOpen = "circuit_open",
    /// No answer within the time limit; the upstream was told to cancel.
    Timeout = "timeout",
    /// The server could not be started or reached; nothing was sent.
    UpstreamUnavailable = "upstream_unavailable",
    /// The server wants a sign-in that nobody has made, or that is over; nothing was sent.
    SignInNeeded = "sign_in_needed",
    /// A sign-in did not come about.
    SignInFailed = "sign_in_failed",
    /// A sign-in was broken off, because what a server said is not safe to follow.
    SignInRefused = "sign_in_refused",
    /// The server went away after the call was sent: whether it took effect is unknown.
    UpstreamLost = "upstream_lost",
    /// The server answered with something that is not MCP, or with a protocol error.
    UpstreamProtocol = "upstream_protocol",
    /// The server's listing comes from a file and no command or address is configured to call it.
    ListingOnly = "listing_only",
    /// A limit on calls, concurrency, output, memory or time was reached.
    LimitExceeded = "limit_exceeded",
    /// The caller gave up, or the program ended while the call was under way.
    Cancelled = "cancelled",
    /// The program could not be parsed.
    SyntaxError = "syntax_error",
    /// The program threw and nothing caught it.
    ProgramError = "program_error",
    /// The worker ended or broke the frame protocol before the program finished.
    WorkerLost = "worker_lost",
    /// The sandbox could not be set up; nothing was run.
    SandboxUnavailable = "sandbox_unavailable",
    /// A rule refuses the program for what it holds; nothing was run.
    ProgramRefused = "program_refused",
    /// The program would certainly have failed; nothing was run.
    PreflightFailed = "preflight_failed",
    /// The program asked the network for something that is not granted.
    NetworkDenied = "network_denied",
    /// The program wrote something that has the form of a private value's token and stands for none.
    UnknownToken = "unknown_token",
    /// A private value may not go to the server that it was to be sent to.
    FlowDenied = "flow_denied",
    /// A replayed program asked for something else than its history holds.
    Nondeterminism = "nondeterminism",
    /// The call was under way when Outboard ended, and repeating it could do its work twice.
    InDoubt = "in_doubt",
    /// The request to Outboard itself is malformed.
    InvalidRequest = "invalid_request",
    /// No execution of that id is known to this principal.
    UnknownExecution = "unknown_execution",
    /// There is no skill of that name, or no such version of it.
    UnknownSkill = "unknown_skill",
    /// What was to be a skill is not fit to be imported; the version before it is still there.
    SkillRefused = "skill_refused",
    /// The settings cannot be used.
    InvalidSettings = "invalid_settings",
    /// The model of the agent loop, or its provider, gave no answer.
    ModelFailed = "model_failed",
    /// A fault in Outboard.
    Internal = "internal",
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a call gave no result: what a program catches as `ToolError`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ToolError {
    /// What kind of failure it is.
    pub code: ErrorCode,
    /// What happened, for a reader; one or two sentences.
    pub message: String,
    /// The server's name, where one is concerned.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub server: String,
    /// The tool's name, where one is concerned.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tool: String,
    /// Whether the same call may succeed later *and* is known to have had no effect.
    #[serde(default)]
    pub retryable: bool,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl ToolError {
    /// An error that is not retryable and carries no hint.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), server: String::new(), tool: String::new(), retryable: false, hint: None }
    }

    /// Names the tool concerned.
    pub fn on(mut self, id: &crate::ToolId) -> Self {
        self.server = id.server.to_string();
        self.tool = id.tool.to_string();
        self
    }

    /// Adds what to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Marks that the same call may be repeated.
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }
}
