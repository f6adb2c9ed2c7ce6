//! Settings of the journal: what is kept, and for how long. Never here: how it is kept.

use crate::table::{Kind, Setting, setting};

/// All settings of the journal.
pub(crate) const JOURNAL: &[Setting] = &[
    setting(
        "journal.suspend_after",
        Kind::Span,
        "\"60s\"",
        "After how long of only waiting a program gives its worker up; it is run again over its recorded answers.",
    ),
    setting(
        "journal.on_restart",
        Kind::Choice(&["resume", "ask", "fail"]),
        "\"resume\"",
        "What becomes of programs that `serve` was running when it ended: they go on, wait for `outboard resume`, or fail.",
    ),
    setting(
        "journal.in_doubt",
        Kind::Choice(&["error", "ask"]),
        "\"error\"",
        "What becomes of a call that may have happened when Outboard ended: the program gets an error, or it waits for `outboard executions resolve`.",
    ),
    setting(
        "journal.max_age",
        Kind::Span,
        "",
        "Executions that ended longer ago are forgotten, such as `\"30d\"`; all are kept without it.",
    ),
    setting(
        "journal.max_size",
        Kind::Size,
        "",
        "While the journal takes more, the executions that ended first are forgotten.",
    ),
    setting(
        "journal.files_max_size",
        Kind::Size,
        "\"1GiB\"",
        "Bytes of the files that ended executions began with, kept for `outboard replay`; the oldest go first, 0 keeps none.",
    ),
    setting(
        "journal.audit_max_age",
        Kind::Span,
        "",
        "Audit rows that are older are forgotten, leaving a signed checkpoint; all are kept without it.",
    ),
];
