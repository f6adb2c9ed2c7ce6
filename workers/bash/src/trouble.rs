//! Why a program did not finish, in terms of its own text.

use crate::guest::located;
use crate::program::Ended;
use outboard_worker_protocol::Trouble;

/// The error of a program that ended otherwise than with status 0; `errors` is the end of its standard error.
pub(crate) fn of_end(ended: Ended, code: &str, errors: &str) -> Option<Trouble> {
    let what = match ended {
        Ended::Status(0) => return None,
        Ended::Status(status) => format!("exit status {status}"),
        Ended::Signal(signal) => format!("killed by signal {signal}"),
    };
    let said = errors.lines().rev().filter_map(reported).next();
    let message = said.map_or_else(|| what.clone(), |(_, text)| format!("{what}: {text}"));
    let error = Trouble { code: "program_error".to_owned(), message, hint: hint(ended, errors), ..Trouble::default() };
    Some(located(error, code, said.map(|(line, _)| line)))
}

/// The error of a text that bash cannot parse.
pub(crate) fn of_syntax(code: &str, errors: &str) -> Trouble {
    let said = errors.lines().find_map(reported);
    let message = said.map_or(errors.trim(), |(_, text)| text).chars().take(500).collect();
    located(
        Trouble { code: "syntax_error".to_owned(), message, ..Trouble::default() },
        code,
        said.map(|(line, _)| line),
    )
}

/// Line and text of one of bash's own messages: `…/program.sh: line 3: …`.
fn reported(line: &str) -> Option<(u32, &str)> {
    let rest = line.split_once("program.sh: line ")?.1;
    let (number, text) = rest.split_once(": ")?;
    Some((number.parse().ok().filter(|number| *number > 0)?, text))
}

fn hint(ended: Ended, errors: &str) -> Option<String> {
    let text = if errors.contains("/dev/fd/") {
        "Process substitution is not available here: write to files under /tmp instead."
    } else if errors.contains("/dev/stdout") || errors.contains("/dev/stderr") {
        "There is no /dev/stdout and no /dev/stderr here: write >&1 and >&2."
    } else if ended == Ended::Status(127) {
        "`compgen -c` lists the commands. Tools are called as `call SERVER TOOL key=value`."
    } else if errors.contains("Read-only file system") {
        "Files can be written under /workspace, where granted, and /tmp."
    } else {
        return None;
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_message_says_the_line() {
        let errors = "/tmp/program.sh: line 1: x: y\nother\n/tmp/program.sh: line 2: nope: command not found\n";
        let error = of_end(Ended::Status(127), "one\n  nope 1\n", errors).unwrap();
        assert_eq!(error.message, "exit status 127: nope: command not found");
        assert_eq!((error.line, error.excerpt.as_deref()), (Some(2), Some("  nope 1")));
        assert!(error.hint.is_some());
        assert!(of_end(Ended::Status(0), "", errors).is_none());
    }

    #[test]
    fn hostile_messages_are_no_lines() {
        for text in ["program.sh: line 0: x", "program.sh: line -1: x", "program.sh: line 99999999999: x"] {
            assert_eq!(reported(text), None, "{text}");
        }
        let error = of_end(Ended::Signal(9), "a", "program.sh: line 4000000000: x").unwrap();
        assert_eq!(error.excerpt, None);
    }
}
