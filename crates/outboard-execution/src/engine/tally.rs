//! What a program printed and called so far.

use crate::report::CallCount;
use outboard_types::ToolError;

/// Tools that are told apart, and letters of a name; programs can make up any number of names.
const MOST_TOOLS: usize = 1_000;
const LONGEST_NAME: usize = 128;

/// What the others are called.
const OTHERS: (&str, &str) = ("", "other tools");

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

    /// Takes console text; gives what of it is kept.
    pub(super) fn console<'t>(&mut self, text: &'t str) -> &'t str {
        let (fits, rest) = text.split_at(text.floor_char_boundary(self.most.saturating_sub(self.stdout.len())));
        self.stdout.push_str(fits);
        self.dropped(rest.len() as u64);
        fits
    }

    /// So many bytes of console text are lost; a worker may claim any number.
    pub(super) fn dropped(&mut self, bytes: u64) {
        self.stdout_dropped = self.stdout_dropped.saturating_add(bytes);
    }

    pub(super) fn call(&mut self, server: &str, tool: &str, error: Option<&ToolError>) {
        let cut = |name: &str| name[..name.floor_char_boundary(LONGEST_NAME)].to_owned();
        let at = self.of(&cut(server), &cut(tool));
        match error {
            None => self.calls[at].ok += 1,
            Some(error) => {
                self.calls[at].failed += 1;
                self.calls[at].last_error = Some(error.to_string());
            }
        }
    }

    /// The place of a tool, or of all others.
    fn of(&mut self, server: &str, tool: &str) -> usize {
        let find = |calls: &[CallCount], (server, tool)| {
            calls.iter().position(|count| count.server == server && count.tool == tool)
        };
        let is_full = self.calls.len() >= MOST_TOOLS;
        let found = find(&self.calls, (server, tool)).or_else(|| find(&self.calls, OTHERS).filter(|_| is_full));
        found.unwrap_or_else(|| {
            let (server, tool) = if is_full { OTHERS } else { (server, tool) };
            let (server, tool) = (server.to_owned(), tool.to_owned());
            self.calls.push(CallCount { server, tool, ok: 0, failed: 0, last_error: None });
            self.calls.len() - 1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_types::ErrorCode;

    #[test]
    fn text_is_kept_up_to_its_limit_and_the_rest_is_counted_without_overflow() {
        let mut tally = Tally::new(6);
        assert_eq!((tally.console("four"), tally.console("\u{e9}\u{e9}"), tally.console("x")), ("four", "\u{e9}", ""));
        assert_eq!((tally.stdout.as_str(), tally.stdout_dropped), ("four\u{e9}", 3));
        tally.dropped(u64::MAX);
        assert_eq!(tally.stdout_dropped, u64::MAX);
    }

    #[test]
    fn names_that_a_program_makes_up_are_told_apart_up_to_a_number() {
        let (mut tally, error) = (Tally::new(10), ToolError::new(ErrorCode::UnknownTool, "none"));
        for number in 0..3 * MOST_TOOLS {
            tally.call("made up", &format!("{number} {}", "x".repeat(9_999)), Some(&error));
        }
        tally.call("made up", &format!("0 {}", "x".repeat(9_999)), None);
        assert_eq!(tally.calls.len(), MOST_TOOLS + 1);
        assert_eq!((tally.calls[0].ok, tally.calls[0].failed, tally.calls[0].tool.len()), (1, 1, LONGEST_NAME));
        assert_eq!((tally.calls[MOST_TOOLS].tool.as_str(), tally.calls[MOST_TOOLS].failed), (OTHERS.1, 2_000));
    }
}
