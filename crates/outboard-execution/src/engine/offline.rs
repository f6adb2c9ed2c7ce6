//! A run over recorded answers alone: nothing is called, and where the record ends, the run ends.

use super::Engine;
use super::attempt::{Kind, Request};
use super::ends::End;
use super::script::Due;
use outboard_journal::Status;
use outboard_types::{ErrorCode, ToolError};
use std::ops::ControlFlow;

/// One recorded answer, as the program gets it.
#[derive(Debug, Clone)]
pub struct ReplayedCall {
    /// The number of the call.
    pub number: u64,
    /// The server.
    pub server: String,
    /// The tool.
    pub tool: String,
    /// When the answer came, in milliseconds since 1970.
    pub at_ms: u64,
    /// Bytes of the answer as JSON, or the error.
    pub outcome: Result<u64, ToolError>,
}

/// Follows a run over recorded answers.
pub trait Follower: Send + Sync {
    /// Sees each answer as the program gets it; says whether to go on.
    fn call(&self, call: ReplayedCall) -> ControlFlow<()>;
}

impl Engine {
    /// Whether this is such a run.
    pub(super) fn is_offline(&self) -> bool {
        self.deps.follower.is_some()
    }

    /// Notes a request that the record does not answer. The program may not need it to end: one that raced a
    /// timer never saw the timer's end.
    pub(super) fn unanswered(&mut self, request: &Request) {
        let asked = match &request.kind {
            Kind::Call(id) => id.to_string(),
            Kind::Fetch(asked) => format!("fetch {} {}", asked.method, asked.url),
            Kind::Search => "searchTools".to_owned(),
            Kind::Own(own) => own.name().to_owned(),
        };
        let arguments: String = request.arguments.get().chars().take(300).collect();
        self.beyond.get_or_insert(format!("{asked} {arguments}"));
    }

    /// The same for a timer.
    pub(super) fn unanswered_timer(&mut self, ms: f64) {
        self.beyond.get_or_insert(format!("a timer of {ms} ms"));
    }

    /// Shows the follower what the program is given.
    pub(super) fn show(&mut self, due: &Due, server: &str, tool: &str, outcome: Result<u64, ToolError>) {
        let (Some(follower), Some(number)) = (&self.deps.follower, due.call) else { return };
        let (server, tool) = (server.to_owned(), tool.to_owned());
        let call = ReplayedCall { number, server, tool, at_ms: due.at_ms, outcome };
        if follower.call(call).is_break() {
            let error = ToolError::new(ErrorCode::Cancelled, format!("stopped after call {number}, as asked"));
            self.ended_early = Some(End::Failed(Status::Cancelled, error));
        }
    }
}

/// The program waits for what is not in the record, and for nothing else.
pub(super) fn beyond(asked: &str) -> End {
    let error =
        ToolError::new(ErrorCode::Nondeterminism, format!("the record ends here: the program waits for {asked}"));
    End::Failed(Status::Failed, error.hint("nothing was called; `outboard resume` goes on with one that is not over"))
}
