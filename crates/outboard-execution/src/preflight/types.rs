//! What a type checker said, joined with what the worker knows to be certain.
//!
//! A checker believes what is declared: that results are as their servers say, that annotations are true, that a variable
//! keeps the type of its first value. Programs run all the same where that is wrong, so only one kind of finding refuses
//! a program: a member that is missing from a value of the language's own, at a place that the worker certainly reaches.

use outboard_typecheck::{Kind, Said};
use outboard_worker_protocol::{PlannedCall, Problem, Spot};

/// A call may be so many lines long.
const LONGEST: u32 = 40;

/// Adds a finding where it belongs.
pub(super) fn add(
    said: Said,
    calls: &[PlannedCall],
    sure: &[Spot],
    problems: &mut Vec<Problem>,
    notes: &mut Vec<String>,
    types: &mut Vec<String>,
) {
    let Said { kind, line, column, end, message } = said;
    let note = format!("line {line}: {message}");
    let is_told = problems.iter().any(|problem| problem.line == line && problem.kind != "unknown_member");
    match kind {
        _ if is_told => {}
        Kind::Member if sure.contains(&Spot { line: end.0, column: end.1 }) => {
            let kind = "unknown_member".into();
            problems.push(Problem { kind, line, column, message, ..Problem::default() });
        }
        Kind::Key if message.contains("did you mean") => types.push(note),
        Kind::Key | Kind::Member => notes.push(note),
        Kind::Argument if is_given_to_tool(calls, line, column) => notes.push(note),
        Kind::Argument => {}
    }
}

/// Whether the place is behind the beginning of a tool call, and not far.
fn is_given_to_tool(calls: &[PlannedCall], line: u32, column: u32) -> bool {
    calls.iter().any(|call| (call.line, call.column) <= (line, column) && line.saturating_sub(call.line) < LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_worker_protocol::Known;

    fn added(kind: Kind, message: &str, line: u32, sure: &[Spot]) -> (usize, usize, usize) {
        let call = PlannedCall {
            server: "crm".into(),
            tool: "get".into(),
            line: 3,
            column: 1,
            certain: true,
            arguments: Known::Unknown,
        };
        let known = Problem { kind: "wrong_value".into(), line: 9, ..Problem::default() };
        let (mut problems, mut notes, mut types) = (vec![known], Vec::new(), Vec::new());
        let said = Said { kind, line, column: 4, end: (line, 8), message: message.into() };
        add(said, &[call], sure, &mut problems, &mut notes, &mut types);
        (problems.len() - 1, notes.len(), types.len())
    }

    #[test]
    fn only_certain_members_refuse() {
        let sure = [Spot { line: 2, column: 8 }];
        assert_eq!(added(Kind::Member, "m", 2, &sure), (1, 0, 0));
        assert_eq!(added(Kind::Member, "m", 3, &sure), (0, 1, 0));
        assert_eq!(added(Kind::Key, "m; did you mean `n`?", 2, &sure), (0, 0, 1));
        assert_eq!(added(Kind::Key, "m", 2, &sure), (0, 1, 0));
        assert_eq!(added(Kind::Argument, "m", 4, &sure), (0, 1, 0));
        assert_eq!(added(Kind::Argument, "m", 2, &sure), (0, 0, 0), "no call of a tool");
        assert_eq!(added(Kind::Member, "m", 9, &[Spot { line: 9, column: 8 }]), (0, 0, 0), "said better already");
    }
}
