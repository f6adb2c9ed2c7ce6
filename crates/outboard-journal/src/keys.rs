//! What makes a call of a program the same call when the program runs again.

use outboard_types::{Digest, ExecutionId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;

/// The identity of one call within an execution: who asks for what, and the how manieth time.
///
/// Not its place in the order of calls: programs make calls side by side, and their order may differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CallKey {
    /// The task or thread within the program, such as `0/2`; empty for the main one.
    pub branch: String,
    /// The server's name.
    pub server: String,
    /// The tool's name there.
    pub tool: String,
    /// The digest of the arguments' text.
    pub arguments: Digest,
    /// How many calls with the same four came before, from 0.
    pub occurrence: u32,
}

impl CallKey {
    /// The key to send along with the call, so that a server that knows such keys does the work once.
    pub fn idempotency_key(&self, execution: &ExecutionId) -> String {
        let occurrence = self.occurrence.to_le_bytes();
        let arguments = self.arguments.to_string();
        let texts = [execution.as_str(), &self.branch, &self.server, &self.tool, &arguments];
        let pieces = texts.iter().map(|text| text.as_bytes()).chain([occurrence.as_slice()]);
        Digest::of_all(pieces).to_string()
    }
}

impl fmt::Display for CallKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} with arguments {}", self.server, self.tool, self.arguments.short())?;
        if self.occurrence > 0 {
            write!(f, ", repetition {}", self.occurrence)?;
        }
        if !self.branch.is_empty() {
            write!(f, ", in branch {}", self.branch)?;
        }
        Ok(())
    }
}

/// Makes the keys of one run's calls, in the order in which the program asks for them.
#[derive(Debug, Default)]
pub struct Keys(HashMap<(String, String, String, Digest), u32>);

impl Keys {
    /// The key of the next request.
    pub fn next(&mut self, branch: &str, server: &str, tool: &str, arguments: &str) -> CallKey {
        let arguments = Digest::of(arguments);
        let same = (branch.to_owned(), server.to_owned(), tool.to_owned(), arguments);
        let count = self.0.entry(same).or_default();
        let occurrence = *count;
        *count += 1;
        let [branch, server, tool] = [branch, server, tool].map(str::to_owned);
        CallKey { branch, server, tool, arguments, occurrence }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_are_counted_per_branch_tool_and_arguments() {
        let mut keys = Keys::default();
        let occurrences = [("", "a"), ("", "a"), ("1", "a"), ("", "b"), ("", "a")]
            .map(|(branch, arguments)| keys.next(branch, "s", "t", arguments).occurrence);
        assert_eq!(occurrences, [0, 1, 0, 0, 2]);
    }

    #[test]
    fn idempotency_keys_differ_with_each_part() {
        let execution = ExecutionId::from_parts(1, 1);
        let key = Keys::default().next("b", "s", "t", "{}");
        let mut seen: Vec<_> = [
            key.clone(),
            CallKey { branch: "bs".into(), server: String::new(), ..key.clone() },
            CallKey { occurrence: 1, ..key.clone() },
            CallKey { tool: "u".into(), ..key.clone() },
        ]
        .iter()
        .map(|key| key.idempotency_key(&execution))
        .collect();
        seen.push(key.idempotency_key(&ExecutionId::from_parts(1, 2)));
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 5);
    }
}
