//! How a program can end, and what is said about it.

use super::attempt::Request;
use crate::report::Failure;
use outboard_journal::Status;
use outboard_sandbox::{Exit, ExitReason, Limits, SandboxError};
use outboard_types::{ErrorCode, ToolError};
use outboard_worker_protocol::Trouble;
use serde_json::value::RawValue;
use std::fmt::Display;
use std::time::Duration;

/// How a program ended.
pub(super) enum End {
    Result(Option<Box<RawValue>>),
    Trouble(Trouble),
    Failed(Status, ToolError),
}

impl End {
    /// No worker could be had.
    pub(super) fn sandbox(error: &SandboxError) -> Self {
        if let SandboxError::Full { key } = error {
            let error = ToolError::new(ErrorCode::LimitExceeded, error.to_string());
            return End::Failed(Status::LimitExceeded, error.hint(sets(key.trim_start_matches("sandbox."))));
        }
        let error = ToolError::new(ErrorCode::SandboxUnavailable, error.to_string()).hint("run `outboard doctor`");
        End::Failed(Status::Failed, error)
    }

    /// The worker ended without a last frame: says why.
    pub(super) fn lost(exit: &Exit, limits: &Limits) -> Self {
        let over = |text: String, key: &str| {
            let error = ToolError::new(ErrorCode::LimitExceeded, text);
            End::Failed(Status::LimitExceeded, error.hint(sets(key)))
        };
        match exit.reason {
            ExitReason::Cpu => over(format!("the program used its {:?} of CPU time", limits.cpu), "cpu"),
            ExitReason::Memory => {
                over(format!("the program used its {} MiB of memory", limits.memory_bytes >> 20), "memory_mb")
            }
            ExitReason::Disk => over(
                format!("the folders that the program writes to hold more than {} MiB", limits.disk_bytes >> 20),
                "disk_mb",
            ),
            ExitReason::DiskFiles => {
                let most = limits.disk_files;
                let text = format!(
                    "the folders that the program writes to hold more than {most} files, or folders that cannot be counted: \
                     closed ones, over 128 in each other, or files that no process has received"
                );
                over(text, "disk_files")
            }
            _ if exit.out_of_processes => {
                over(format!("the program wanted more than {} processes and threads", limits.processes), "processes")
            }
            other => End::Failed(
                Status::Failed,
                ToolError::new(ErrorCode::WorkerLost, format!("the worker ended before the program did ({other:?})"))
                    .hint("the next run gets a new worker"),
            ),
        }
    }
}

/// A process of somebody else's went away in the middle.
pub(super) fn left() -> End {
    let error = ToolError::new(ErrorCode::WorkerLost, "the program's process ended without saying how");
    End::Failed(Status::Failed, error.hint("look at the process that ran it: it is not one of ours"))
}

pub(super) fn cancelled() -> ToolError {
    ToolError::new(ErrorCode::Cancelled, "the execution was cancelled")
}

pub(super) fn garbage(what: &dyn Display) -> ToolError {
    ToolError::new(ErrorCode::WorkerLost, format!("the worker broke the frame protocol: {what}"))
        .hint("the next run gets a new worker")
}

pub(super) fn over_wall(limit: Duration) -> ToolError {
    ToolError::new(ErrorCode::LimitExceeded, format!("the program ran for {limit:?}, its wall-clock limit"))
        .hint(sets("wall"))
}

/// A program went another way than when it was recorded: both sides, as far as they are known.
pub(super) fn nondeterminism(expected: Option<String>, found: Option<&Request>) -> ToolError {
    let expected = expected.unwrap_or_else(|| "nothing more".into());
    let found = found.map_or("nothing of it".into(), |request| request.key.to_string());
    ToolError::new(
        ErrorCode::Nondeterminism,
        format!("run again over its recorded answers, the program asked for something else: expected {expected}; it asked for {found}"),
    )
    .hint("nothing was executed twice; run it anew, and let it depend only on its input, its answers, its clock and its random numbers")
}

/// The status that a worker's own report of a failure means.
pub(super) fn status_of(trouble: &Trouble) -> Status {
    match trouble.code.as_str() {
        "limit_exceeded" => Status::LimitExceeded,
        _ => Status::Failed,
    }
}

/// Most letters of one part of a program's own error beside its message, and most frames: a model reads them whole.
const MOST_LETTERS: usize = 600;
const MOST_FRAMES: usize = 10;

/// A program's own error, with the limit that it ran into where its words show one. The words are the program's, so
/// they choose a hint and nothing else.
pub(super) fn told(trouble: Trouble, limits: &Limits, out_of_processes: bool) -> Failure {
    let hint = match (trouble.hint.clone().map(short), limit_shown(&trouble, limits, out_of_processes)) {
        (Some(own), Some(limit)) => Some(format!("{own}; {limit}")),
        (own, limit) => own.or(limit),
    };
    let Trouble { code, message, line, column, excerpt, stack, .. } = trouble;
    let known = ErrorCode::ALL.iter().find(|known| known.as_str() == code);
    Failure {
        code: known.unwrap_or(&ErrorCode::ProgramError).to_string(),
        message,
        line,
        column,
        excerpt: excerpt.map(short),
        stack: stack.into_iter().take(MOST_FRAMES).map(short).collect(),
        hint,
    }
}

fn short(text: String) -> String {
    if text.chars().nth(MOST_LETTERS).is_none() {
        text
    } else {
        text.chars().take(MOST_LETTERS).chain(['…']).collect()
    }
}

/// Whether a program failed to start a process or thread. Sockets and pipes fail with the same error, so it counts
/// only where the kernel refused one, or where the error comes from starting one.
fn wanted_process(trouble: &Trouble, refused: bool) -> bool {
    const AGAIN: [&str; 3] = ["Resource temporarily unavailable", "EAGAIN", "BlockingIOError"];
    let told = [&trouble.message].into_iter().chain(&trouble.excerpt).chain(&trouble.stack);
    let starting = refused || told.into_iter().any(|text| text.contains("fork"));
    trouble.message.contains("can't start new thread")
        || refused && trouble.message.starts_with("exit status")
        || starting && AGAIN.iter().any(|word| trouble.message.contains(word))
}

/// Which limit an error of the system means inside the jail.
fn limit_shown(trouble: &Trouble, limits: &Limits, out_of_processes: bool) -> Option<String> {
    let shows = |words: &[&str]| words.iter().any(|word| trouble.message.contains(word));
    let (limit, key) = if shows(&["Too many open files", "EMFILE"]) {
        (format!("a process of a program has at most {} open files", limits.open_files), "open_files")
    } else if wanted_process(trouble, out_of_processes) {
        (format!("a program has at most {} processes and threads", limits.processes), "processes")
    } else if shows(&["MemoryError", "Cannot allocate memory", "ENOMEM"]) {
        (format!("a program has {} MiB of memory", limits.memory_bytes >> 20), "memory_mb")
    } else if shows(&["File too large", "EFBIG", "disk space is used up"]) {
        let file = limits.file_bytes.min(limits.disk_bytes) >> 20;
        (format!("a file may have {file} MiB, and all of a session {}", limits.disk_bytes >> 20), "disk_mb")
    } else if shows(&["No space left on device", "ENOSPC"]) {
        let disk = limits.disk_bytes >> 20;
        return Some(format!(
            "/tmp of a program has 64 MiB and 16,384 files; /workspace has {disk} MiB, sandbox.disk_mb"
        ));
    } else {
        return None;
    };
    Some(format!("{limit}; {}", sets(key)))
}

fn sets(key: &str) -> String {
    let room = if key.starts_with("disk_") { "; `outboard workspace rm SESSION` makes room" } else { "" };
    format!("sandbox.{key} in outboard.toml sets it{room}")
}

impl From<ToolError> for Failure {
    fn from(error: ToolError) -> Self {
        Self { code: error.code.to_string(), message: error.message, hint: error.hint, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(reason: ExitReason, out_of_processes: bool) -> String {
        let exit = Exit { reason, cpu: Duration::ZERO, peak_memory: 0, out_of_processes };
        match End::lost(&exit, &Limits::default()) {
            End::Failed(_, error) => format!("{}; {}", error.message, error.hint.unwrap_or_default()),
            _ => String::new(),
        }
    }

    #[test]
    fn every_limit_has_its_value_and_its_key() {
        for (reason, value, key) in [
            (ExitReason::Cpu, "30s", "sandbox.cpu"),
            (ExitReason::Memory, "512 MiB", "sandbox.memory_mb"),
            (ExitReason::Disk, "1024 MiB", "sandbox.disk_mb"),
            (ExitReason::DiskFiles, "100000 files", "sandbox.disk_files"),
        ] {
            let text = text(reason, false);
            assert!(text.contains(value) && text.contains(key), "{text}");
        }
        let full = SandboxError::Full { key: "sandbox.disk_files" };
        let End::Failed(Status::LimitExceeded, full) = End::sandbox(&full) else { panic!("it is no limit") };
        assert!(full.hint.is_some_and(|hint| hint.contains("sandbox.disk_files") && hint.contains("workspace rm")));
        assert!(text(ExitReason::Exited(1), true).contains("64 processes"));
        assert!(text(ExitReason::Exited(1), false).contains("ended before"));
        let wall = over_wall(Duration::from_secs(9));
        assert!(wall.message.contains("9s") && wall.hint.is_some_and(|hint| hint.contains("sandbox.wall")));
    }

    #[test]
    fn an_error_of_the_system_names_the_limit_that_it_means() {
        for (message, value, key) in [
            ("OSError: [Errno 24] Too many open files: '/tmp/x'", "256 open files", "sandbox.open_files"),
            ("exit status 254: fork: Resource temporarily unavailable", "64 processes", "sandbox.processes"),
            ("RuntimeError: can't start new thread", "64 processes", "sandbox.processes"),
            ("MemoryError", "512 MiB", "sandbox.memory_mb"),
            ("OSError: [Errno 27] File too large", "1024", "sandbox.disk_mb"),
            ("Error: ENOSPC: the session's disk space is used up, open '/workspace/x'", "1024", "sandbox.disk_mb"),
            ("OSError: [Errno 28] No space left on device: '/tmp/x'", "64 MiB", "sandbox.disk_mb"),
        ] {
            let hint = limit_shown(&trouble(message), &Limits::default(), false).unwrap();
            assert!(hint.contains(value) && hint.contains(key), "{hint}");
        }
        assert_eq!(limit_shown(&trouble("ValueError: 3"), &Limits::default(), true), None);
    }

    #[test]
    fn a_socket_that_would_block_is_no_lack_of_processes() {
        let blocked = trouble("BlockingIOError: [Errno 11] Resource temporarily unavailable");
        let hint = |trouble: &Trouble, refused| limit_shown(trouble, &Limits::default(), refused);
        assert_eq!(hint(&blocked, false), None);
        assert!(hint(&blocked, true).is_some_and(|hint| hint.contains("sandbox.processes")));
        let forked = Trouble { excerpt: Some("if os.fork() == 0:".to_owned()), ..blocked };
        assert!(hint(&forked, false).is_some_and(|hint| hint.contains("sandbox.processes")));
    }

    #[test]
    fn a_program_makes_up_no_code_and_writes_no_books() {
        let long = "x".repeat(100_000);
        let own = Trouble {
            code: "a made-up\nsucceeded".to_owned(),
            hint: Some(long.clone()),
            excerpt: Some(long.clone()),
            stack: vec![long; 50],
            ..trouble("TypeError: no")
        };
        let failure = told(own, &Limits::default(), false);
        assert_eq!((failure.code.as_str(), failure.stack.len()), ("program_error", MOST_FRAMES));
        let texts = failure.hint.iter().chain(&failure.excerpt).chain(&failure.stack);
        assert!(texts.map(|text| text.chars().count()).all(|letters| letters == MOST_LETTERS + 1));
        let known = Trouble { code: "tool_failed".to_owned(), ..trouble("ToolError: no") };
        assert_eq!(told(known, &Limits::default(), false).code, "tool_failed");
    }

    fn trouble(message: &str) -> Trouble {
        Trouble { message: message.to_owned(), ..Trouble::default() }
    }
}
