//! What a program printed and called so far.

use crate::report::CallCount;
use outboard_types::ToolError;

/// Console text within its limit, and calls by tool.
pub(super) struct Tally {
    pub(super) stdout: String,
    pub(super) stdout_dropped: u64,
    pub(super) calls: Vec<CallCount>,
    most: usize,
}

impl Tally {
    /// Keeps at most so many bytes of console text.
    pub(super) fn new(most: u64) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Self { stdout: String::new(), stdout_dropped: 0, calls: Vec::new(), most }
    }

    pub(super) fn console(&mut self, text: &str) {
        let fits = text.floor_char_boundary(self.most.saturating_sub(self.stdout.len()));
        self.stdout.push_str(&text[..fits]);
        self.stdout_dropped += (text.len() - fits) as u64;
    }

    pub(super) fn call(&mut self, server: &str, tool: &str, error: Option<&ToolError>) {
        let at = self.calls.iter().position(|count| count.server == server && count.tool == tool);
        let at = at.unwrap_or_else(|| {
            let (server, tool) = (server.to_owned(), tool.to_owned());
            self.calls.push(CallCount { server, tool, ok: 0, failed: 0, last_error: None });
            self.calls.len() - 1
        });
        match error {
            None => self.calls[at].ok += 1,
            Some(error) => {
                self.calls[at].failed += 1;
                self.calls[at].last_error = Some(error.to_string());
            }
        }
    }
}
