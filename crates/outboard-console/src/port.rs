//! What the console needs of the rest of the program.

use crate::Look;
use outboard_types::{Principal, ToolError};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::future::Future;
use std::pin::Pin;

/// An answer on its way: the record that the commands print with `--json`, fit for a person's eyes.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Value, ToolError>> + Send + 'a>>;

/// What stands behind the console. Private values in answers are tokens, unless somebody asked to see them.
pub trait Port: Send + Sync + 'static {
    /// A number that is another one after anything was recorded, by whatever process; cheap, and may block shortly.
    fn changes(&self) -> Option<u64>;

    /// Whose token this is, beside the operator's; nobody's once it is over. Asked with every request of its holder.
    fn holder(&self, token: &str) -> Option<Principal>;

    /// Shows something; changes nothing. Where a principal is named, another's executions are unknown.
    fn look(&self, what: Look, only: Option<Principal>) -> Answer<'_>;

    /// Does what a person asks, in that person's name.
    fn act(&self, what: Act, by: String) -> Answer<'_>;
}

/// What a person can do.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Answers the question of a call that waits.
    Answer(Given),
    /// Asks an execution to end.
    Cancel {
        /// Its id.
        id: String,
    },
    /// Says what became of a call that is in doubt.
    Resolve {
        /// The execution.
        id: String,
        /// The number of the call.
        call: u64,
        /// `done`, `not_done` or `unknown`.
        verdict: String,
        /// The answer, where it was done.
        #[serde(default)]
        answer: Option<Value>,
    },
    /// Shows private values; the audit log says so first.
    Reveal {
        /// The execution.
        id: String,
        /// What of it.
        part: Revealed,
        /// The number of the call, where it is one.
        #[serde(default)]
        call: Option<u64>,
        /// Why.
        reason: String,
    },
    /// Calls a tool, as a person, through the gateway.
    Call {
        /// The server.
        server: String,
        /// The tool.
        tool: String,
        /// Its arguments.
        arguments: Map<String, Value>,
    },
    /// Ends a server and starts it again.
    Restart {
        /// Its name.
        server: String,
    },
    /// Lets a skill that waits join the project's, or does not.
    AnswerSkill {
        /// What it waits as.
        id: String,
        /// Yes or no.
        approve: bool,
        /// Why.
        #[serde(default)]
        reason: Option<String>,
    },
}

/// An answer to a question.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// The question's id.
    pub id: String,
    /// Yes or no.
    pub approve: bool,
    /// `once`, `execution`, `session` or `always`; once without it.
    #[serde(default)]
    pub scope: Option<String>,
    /// Why; the program reads it when the answer is no.
    #[serde(default)]
    pub reason: Option<String>,
}

/// What of an execution is shown as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revealed {
    /// Program, input, result and console text.
    Program,
    /// Arguments and answer of a call.
    Call,
}
