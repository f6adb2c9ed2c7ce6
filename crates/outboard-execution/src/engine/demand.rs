//! How much a program asks its host for: in all, and at one time.
//!
//! Each request and each answer has its place in the journal, and is held until the program has its answer, so a program
//! could fill disk and memory of the host with nothing but requests. Those of tools have limits of their own at the
//! gateway; refused ones count here too.

use super::answers::Given;
use super::happen::What;
use super::requests::OURSELVES;
use crate::executions::Limits;
use outboard_types::{ErrorCode, ToolError};
use outboard_worker_protocol::FromWorker;
use std::collections::HashMap;

/// While so many calls, or so many bytes of their arguments, wait for answers, no further request is read.
const MOST_CALLS: usize = 4_096;
const MOST_BYTES: usize = 64 << 20;

/// What one run of a program asked for so far.
#[derive(Debug, Default)]
pub(super) struct Asked {
    calls: u64,
    /// What is no call, and calls beyond those that it may make.
    others: u64,
    bytes: u64,
    answered: u64,
}

impl Asked {
    /// Counts a frame; the error is the program's end.
    pub(super) fn note(&mut self, frame: &FromWorker, limits: &Limits) -> Result<(), ToolError> {
        let Some(size) = size(frame) else { return Ok(()) };
        self.bytes += size as u64;
        match frame {
            FromWorker::Call { server, .. } if server != OURSELVES && self.calls < limits.calls.total => {
                self.calls += 1
            }
            _ => self.others += 1,
        }
        if self.others > limits.requests {
            let text = format!("this program already made {} requests beside its calls", limits.requests);
            return Err(over(text, "requests", "ask for more at once"));
        }
        if self.bytes > limits.request_bytes {
            let text = format!("this program's requests hold over {} MiB", limits.request_bytes >> 20);
            return Err(over(text, "request_mb", "ask for more at once"));
        }
        Ok(())
    }

    /// Counts an answer; the error is the program's end.
    pub(super) fn answered(&mut self, given: &Given, limits: &Limits) -> Result<(), ToolError> {
        let size = |error: &ToolError| error.message.len() + error.hint.as_ref().map_or(0, String::len);
        self.answered += given.as_ref().map_or_else(size, |value| value.get().len()) as u64;
        if self.answered > limits.answer_bytes {
            let text = format!("the answers to this program's requests hold over {} MiB", limits.answer_bytes >> 20);
            return Err(over(text, "answer_mb", "ask for less"));
        }
        Ok(())
    }
}

fn over(text: String, key: &str, advice: &str) -> ToolError {
    let hint = format!("{advice}, or raise sandbox.{key} in outboard.toml");
    ToolError::new(ErrorCode::LimitExceeded, text).hint(hint)
}

/// The bytes of a request; `None` of what is none.
fn size(frame: &FromWorker) -> Option<usize> {
    Some(match frame {
        FromWorker::Call { server, tool, arguments, .. } => server.len() + tool.len() + arguments.get().len(),
        FromWorker::Search { arguments, .. } => arguments.get().len(),
        FromWorker::Timer { .. } => 0,
        FromWorker::Fetch { request, .. } => {
            let headers: usize = request.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
            request.url.len() + headers + request.body.as_ref().map_or(0, String::len)
        }
        _ => return None,
    })
}

/// What is under way for a program.
#[derive(Debug, Default)]
pub(super) struct UnderWay {
    /// Each with the bytes that are held for it.
    held: HashMap<What, usize>,
    calls: usize,
    bytes: usize,
}

impl UnderWay {
    pub(super) fn insert(&mut self, what: What, bytes: usize) {
        self.remove(&what);
        self.calls += usize::from(matches!(what, What::Call(_)));
        self.bytes += bytes;
        self.held.insert(what, bytes);
    }

    pub(super) fn remove(&mut self, what: &What) {
        if let Some(bytes) = self.held.remove(what) {
            self.calls -= usize::from(matches!(what, What::Call(_)));
            self.bytes -= bytes;
        }
    }

    pub(super) fn contains(&self, what: &What) -> bool {
        self.held.contains_key(what)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &What> {
        self.held.keys()
    }

    /// Whether the program has to wait for answers before it is listened to again. Timers are small, and those of calls
    /// that were in time still run.
    pub(super) fn is_full(&self) -> bool {
        self.calls >= MOST_CALLS || self.bytes >= MOST_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_gateway::RunLimits;
    use serde_json::value::RawValue;

    fn limits() -> Limits {
        let calls = RunLimits { total: 2, concurrent: 1 };
        let time = std::time::Duration::from_secs(1);
        Limits {
            cpu: time,
            wall: time,
            memory_bytes: 1,
            stdout_bytes: 1,
            calls,
            requests: 3,
            request_bytes: 1 << 20,
            answer_bytes: 1 << 10,
        }
    }

    fn call(server: &str) -> FromWorker {
        let arguments = RawValue::from_string("{}".to_owned()).unwrap();
        FromWorker::Call { id: 1, server: server.to_owned(), tool: "t".to_owned(), arguments, line: None }
    }

    fn search(text: &str) -> FromWorker {
        FromWorker::Search { id: 1, arguments: RawValue::from_string(format!("{text:?}")).unwrap() }
    }

    #[test]
    fn requests_of_all_kinds_have_one_limit_each_named() {
        let (mut asked, limits) = (Asked::default(), limits());
        for _ in 0..3 {
            asked.note(&FromWorker::Timer { id: 1, ms: 1e12 }, &limits).unwrap();
        }
        asked
            .note(&FromWorker::Console { stream: outboard_worker_protocol::Console::Out, text: "x".into() }, &limits)
            .unwrap();
        asked.note(&call("crm"), &limits).unwrap();
        asked.note(&call("crm"), &limits).unwrap();
        let error = asked.note(&search("x"), &limits).unwrap_err();
        assert!(error.message.contains("3 requests") && error.hint.unwrap().contains("sandbox.requests"));
        let mut asked = Asked::default();
        (0..5).for_each(|_| asked.note(&call("crm"), &limits).unwrap());
        assert!(asked.note(&call("crm"), &limits).is_err(), "calls that are refused count");
        let mut asked = Asked::default();
        (0..3).for_each(|_| asked.note(&call(OURSELVES), &limits).unwrap());
        assert!(asked.note(&call(OURSELVES), &limits).is_err(), "our own functions are no calls");
        let mut asked = Asked::default();
        let error = asked.note(&search(&"x".repeat(1 << 20)), &limits).unwrap_err();
        assert!(error.message.contains("1 MiB") && error.hint.unwrap().contains("sandbox.request_mb"));
    }

    #[test]
    fn answers_have_a_limit_of_their_own() {
        let (mut asked, limits) = (Asked::default(), limits());
        let value = Ok(RawValue::from_string(format!("{:?}", "x".repeat(500))).unwrap());
        (0..2).for_each(|_| asked.answered(&value, &limits).unwrap());
        let failure = Err(ToolError::new(ErrorCode::Internal, "x".repeat(20)));
        asked.answered(&failure, &limits).unwrap();
        let error = asked.answered(&failure, &limits).unwrap_err();
        assert!(error.hint.unwrap().contains("sandbox.answer_mb"), "errors count too");
    }

    #[test]
    fn what_waits_for_answers_is_bounded_in_number_and_bytes() {
        let mut under_way = UnderWay::default();
        (0..2 * MOST_CALLS as u64).for_each(|number| under_way.insert(What::Timer(number), 0));
        assert!(!under_way.is_full(), "timers are small");
        under_way.insert(What::Call(1), MOST_BYTES);
        assert!(under_way.is_full());
        under_way.insert(What::Call(1), 1);
        assert!(!under_way.is_full(), "the same one");
        (0..MOST_CALLS as u64).for_each(|number| under_way.insert(What::Call(number), 0));
        assert!(under_way.is_full());
        under_way.remove(&What::Call(1));
        assert!(!under_way.is_full() && !under_way.contains(&What::Call(1)));
    }
}
