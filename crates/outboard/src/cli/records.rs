//! Arguments of the commands that look into what happened and what was kept.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Audit {
    #[command(subcommand)]
    pub(crate) action: Option<AuditAction>,
    /// Only this execution.
    #[arg(long)]
    pub(crate) execution: Option<String>,
    /// Only this principal.
    #[arg(long)]
    pub(crate) principal: Option<String>,
    /// Only this server.
    #[arg(long)]
    pub(crate) server: Option<String>,
    /// Only this tool.
    #[arg(long)]
    pub(crate) tool: Option<String>,
    /// Only this decision: allow, approved, deny or none.
    #[arg(long)]
    pub(crate) decision: Option<String>,
    /// Only rows that hold all of these words: in names, decisions, rules, reasons, errors, arguments; newest first.
    #[arg(long, value_name = "WORDS")]
    pub(crate) text: Option<String>,
    /// With --text: only rows before this one, to go on where a search ended.
    #[arg(long, value_name = "SEQ", requires = "text")]
    pub(crate) before: Option<u64>,
    /// At most so many rows.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) limit: usize,
    /// Print one JSON object a row.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum AuditAction {
    /// Check every row, their order and the signed end.
    Verify {
        /// A copy of `audit.pub` kept elsewhere; the one beside the journal without it.
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Trace {
    #[command(subcommand)]
    pub(crate) action: Option<TraceAction>,
    /// The id of an execution or a direct call; `latest` for the youngest execution.
    #[arg(required = true)]
    pub(crate) id: Option<String>,
    /// Show each call as it ends, until the execution does.
    #[arg(long)]
    pub(crate) follow: bool,
    /// Print one JSON object; with --follow, one a line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum TraceAction {
    /// Send the trace of an execution that ended to the collector, with the same ids as the first time.
    Export {
        /// Its id, or `latest`.
        id: String,
    },
}

#[derive(Args)]
pub(crate) struct Resume {
    /// Its id, or `latest`.
    pub(crate) id: String,
    /// Size of the printed report in tokens.
    #[arg(long)]
    pub(crate) max_tokens: Option<usize>,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Executions {
    #[command(subcommand)]
    pub(crate) action: Option<ExecutionAction>,
    /// Only with this status, such as running, suspended or failed.
    #[arg(long)]
    pub(crate) status: Option<String>,
    /// Only of this session.
    #[arg(long)]
    pub(crate) session: Option<String>,
    /// Only those begun in this time up to now, such as 24h.
    #[arg(long, value_name = "SPAN")]
    pub(crate) since: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 50, global = true)]
    pub(crate) limit: usize,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum ExecutionAction {
    /// List the latest; the default.
    List,
    /// Show one with its program and calls.
    Show {
        /// Its id, or `latest`.
        id: String,
    },
    /// End one, in whatever process it runs.
    Cancel {
        /// Its id, or `latest`.
        id: String,
    },
    /// Say what became of a call that is in doubt.
    Resolve {
        /// The execution's id, or `latest`.
        id: String,
        /// The number of the call; `show` lists those in doubt.
        call: u64,
        /// It was done; this is its answer, as JSON.
        #[arg(long, value_name = "JSON", num_args = 0..=1, default_missing_value = "null")]
        done: Option<String>,
        /// It was not done: make it.
        #[arg(long, conflicts_with = "done")]
        not_done: bool,
        /// Nobody can tell: give the program the error.
        #[arg(long, conflicts_with_all = ["done", "not_done"])]
        unknown: bool,
    },
    /// Write all that is known of one into a file, with tokens in place of private values.
    Export {
        /// Its id, or `latest`.
        id: String,
        /// The file; `-` is stdout.
        file: PathBuf,
        /// With the private values themselves, for a replay elsewhere; the audit log says that somebody asked for it.
        #[arg(long)]
        plain: bool,
    },
    /// Read what `export` wrote, to look at it or replay it here.
    Import {
        /// The file; `-` is stdin.
        file: PathBuf,
    },
    /// Forget what the settings let go, now.
    Prune,
}

#[derive(Args)]
pub(crate) struct Workspace {
    #[command(subcommand)]
    pub(crate) action: WorkspaceAction,
    /// Whose sessions.
    #[arg(long, default_value = "local", global = true)]
    pub(crate) principal: String,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum WorkspaceAction {
    /// List the sessions, or the files of one.
    Ls {
        /// The session.
        session: Option<String>,
        /// Only below this folder.
        path: Option<PathBuf>,
    },
    /// Print a file.
    Cat {
        /// The session.
        session: String,
        /// The file.
        path: PathBuf,
    },
    /// Copy a file of this machine into a session.
    Put {
        /// The session.
        session: String,
        /// The file there.
        path: PathBuf,
        /// The file here; `-` is stdin.
        file: PathBuf,
    },
    /// Copy a file of a session to this machine; one that is there stays.
    Get {
        /// The session.
        session: String,
        /// The file there.
        path: PathBuf,
        /// The file here.
        file: PathBuf,
    },
    /// Remove a file or a folder; without a path, the whole session's.
    Rm {
        /// The session.
        session: String,
        /// The file or folder.
        path: Option<PathBuf>,
    },
    /// Copy all files of a session into a new folder of this machine.
    Export {
        /// The session.
        session: String,
        /// The folder here.
        folder: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct Replay {
    /// Its id, or `latest`.
    pub(crate) id: String,
    /// Stop after so many answers.
    #[arg(long, value_name = "N")]
    pub(crate) until: Option<u64>,
    /// Run this program over the recorded answers instead, and see where it first departs.
    #[arg(long, value_name = "FILE")]
    pub(crate) edit: Option<PathBuf>,
    /// Print JSON, one object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Privacy {
    #[command(subcommand)]
    pub(crate) action: PrivacyAction,
    /// Whose sessions.
    #[arg(long, default_value = "local", global = true)]
    pub(crate) principal: String,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum PrivacyAction {
    /// Show what is private in a text or in JSON: offsets in characters, kind, confidence, rule.
    Scan {
        /// The file; stdin without it or with `-`.
        file: Option<PathBuf>,
    },
    /// Show what became a token in an execution, where, and by which rule.
    Report {
        /// The execution's id, or `latest`.
        execution: String,
    },
    /// List the sessions that private values are kept of.
    Sessions,
    /// Forget the private values of a session, or one value in all sessions.
    Forget {
        /// The session.
        session: Option<String>,
        /// The value; `-` reads it from stdin, so that it is in no history.
        #[arg(long, conflicts_with = "session")]
        value: Option<String>,
    },
    /// Show the value behind a token; the audit log keeps that somebody looked.
    Reveal {
        /// The session.
        session: String,
        /// The token, such as `[EMAIL_1]`.
        token: String,
    },
}

#[derive(Args)]
pub(crate) struct Shapes {
    #[command(subcommand)]
    pub(crate) action: Option<ShapesAction>,
    /// Print a JSON list.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum ShapesAction {
    /// Forget what was learned: of everything, of a server, or of one tool.
    Reset {
        /// The server.
        server: Option<String>,
        /// The tool.
        tool: Option<String>,
    },
}
