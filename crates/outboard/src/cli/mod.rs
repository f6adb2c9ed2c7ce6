//! The command line, as written.

mod accounts;
mod agent;
mod clients;
mod figures;
mod help;
#[cfg(test)]
mod page;
mod records;
mod skills;
mod state;

pub(crate) use accounts::{Login, Logout, Token, TokenAction};
pub(crate) use agent::Agent;
use clap::{Args, Parser, Subcommand};
pub(crate) use clients::{Import, Install, Taking, Uninstall};
pub(crate) use figures::{Bench, Estimate, Stats, Top};
pub(crate) use help::{Completions, Config, ConfigAction, Man};
pub(crate) use records::{
    Audit, AuditAction, ExecutionAction, Executions, Privacy, PrivacyAction, Replay, Resume, Shapes, ShapesAction,
    Trace, TraceAction, Workspace, WorkspaceAction,
};
pub(crate) use skills::{SkillAction, Skills};
pub(crate) use state::{State, StateAction};
use std::path::PathBuf;

/// What `--version` says.
const LONG_VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\ncommit: ",
    env!("OUTBOARD_BUILT_FROM"),
    "\nfeatures: ",
    env!("OUTBOARD_BUILT_WITH"),
    "\ntarget: ",
    env!("OUTBOARD_BUILT_FOR")
);

/// Turns MCP servers into a typed code API and runs agent-written programs against it in a jail.
#[derive(Parser)]
#[command(name = "outboard", version, long_version = LONG_VERSION, max_term_width = 100)]
pub(crate) struct Cli {
    /// Settings file to use instead of ./outboard.toml and the user's own.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Tell more on stderr; twice for everything.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,

    /// What to tell on stderr: error, warn, info, debug, trace, or by module as `outboard_mcp=debug`.
    #[arg(long, global = true, value_name = "LEVEL", env = "OUTBOARD_LOG")]
    pub(crate) log: Option<String>,

    /// How to tell it: for people, or one JSON object a line.
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    pub(crate) log_format: String,

    /// Send one span an execution, without calls, workers and checks.
    #[arg(long, global = true)]
    pub(crate) no_tool_tracing: bool,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run four workflows on demo servers, as direct calls and as programs, and compare what the model reads.
    Demo(Demo),
    /// Do tasks by direct calls and by programs over demo servers, and say what each takes.
    Bench(Bench),
    /// Show what was used, what direct calls would have put into a model's context, and what is unusual.
    Stats(Stats),
    /// Forecast a month's tokens and costs with the configured servers, by direct calls and by programs.
    Estimate(Estimate),
    /// Serve agents over stdio, or over HTTP with --http.
    Serve(Serve),
    /// Take over the servers that other clients have, such as Cursor or Claude Code.
    Import(Import),
    /// Put Outboard into a client's settings; without a client, show all that are known.
    Install(Install),
    /// Take Outboard out of a client's settings again, and leave them as they were.
    Uninstall(Uninstall),
    /// List the configured servers, their state and last error.
    List(List),
    /// Sign in to a server.
    Login(Login),
    /// Forget what was granted at a sign-in.
    Logout(Logout),
    /// Make, list and revoke tokens of those who call over HTTP.
    Token(Token),
    /// Search the functions of all servers; with `-`, one query a line from stdin.
    Search(Search),
    /// Run a program from a file, or from stdin with `-`.
    Run(Run),
    /// Call one tool directly.
    Call(Call),
    /// Give a task to a model that uses the tools, and show what it cost.
    Agent(Agent),
    /// Write the code API into a folder.
    Generate(Generate),
    /// Serve the programs of your own shell, through modules that `generate --connect` wrote.
    Connect(Connect),
    /// Look at executions, answer questions and more in a browser.
    Console(Console),
    /// Run a command in the jail, with the code API mounted.
    Exec(Exec),
    /// Copy stdin to stdout with private values as tokens.
    Filter(Filter),
    /// Show and answer what waits for a person: calls, and skills that a model saved.
    Approvals(Approvals),
    /// Say what the policy decides, and why.
    Policy(Policy),
    /// Show how a server's tool definitions changed since they were accepted, and accept them.
    Accept(Accept),
    /// Show the audit log, or verify that nobody changed it.
    Audit(Audit),
    /// Show past and present executions.
    Executions(Executions),
    /// Draw what happened in an execution, when and how long, or send its trace again.
    Trace(Trace),
    /// Watch what runs now, the servers and the questions to people; a and d answer the one that is chosen.
    Top(Top),
    /// Go on with an execution whose process is gone.
    Resume(Resume),
    /// Run a recorded execution again over its recorded answers; nothing is called.
    Replay(Replay),
    /// Find private data, show what was kept from a model, and forget it.
    Privacy(Privacy),
    /// Show types of results that were learned, and forget them.
    Shapes(Shapes),
    /// Look after skills: programs that were worth keeping.
    Skills(Skills),
    /// Look into and change what programs of a session keep.
    State(State),
    /// Look into and change the files of a session.
    Workspace(Workspace),
    /// Check what this machine offers and say what is missing.
    Doctor(Doctor),
    /// Print the schema of the settings.
    Config(Config),
    /// Print completions for a shell.
    Completions(Completions),
    /// Write manual pages into a folder.
    Man(Man),
}

#[derive(Args)]
pub(crate) struct Demo {
    /// Print one JSON object instead of tables.
    #[arg(long)]
    pub(crate) json: bool,
    /// Run one program, and show what a trace tells of it with and without tool tracing.
    #[arg(long)]
    pub(crate) black_box: bool,
}

#[derive(Args)]
pub(crate) struct Serve {
    /// Address to listen on, such as 127.0.0.1:8765; stdio without it.
    #[arg(long, value_name = "ADDR")]
    pub(crate) http: Option<std::net::SocketAddr>,
    /// Socket of the file system to listen on over HTTP, for this user alone; no token is needed there.
    #[arg(long, value_name = "PATH", conflicts_with = "http")]
    pub(crate) socket: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct List {
    /// Print a JSON list.
    #[arg(long)]
    pub(crate) json: bool,
    /// Ask every server again instead of showing what is cached.
    #[arg(long)]
    pub(crate) refresh: bool,
}

#[derive(Args)]
pub(crate) struct Search {
    /// What to look for; `-` reads one query a line.
    #[arg(required_unless_present = "eval", default_value = "")]
    pub(crate) query: String,
    /// Measure the ranking on a folder of labelled requests (`tools.jsonl`, `queries.jsonl`) instead.
    #[arg(long, value_name = "DIR", conflicts_with = "query")]
    pub(crate) eval: Option<PathBuf>,
    /// How much to say: name, summary or full.
    #[arg(long, default_value = "summary", value_parser = ["name", "summary", "full"])]
    pub(crate) detail: String,
    /// Only this server.
    #[arg(long)]
    pub(crate) server: Option<String>,
    /// Language of the signatures: typescript or python.
    #[arg(long, default_value = "typescript")]
    pub(crate) language: String,
    /// At most so many hits.
    #[arg(long, default_value_t = 10)]
    pub(crate) limit: usize,
    /// Print a JSON list; with `-`, one list a line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Run {
    /// The program; `-` reads it from stdin.
    #[arg(required_unless_present = "eval")]
    pub(crate) file: Option<PathBuf>,
    /// The program itself, instead of a file.
    #[arg(short, long, value_name = "CODE", conflicts_with = "file")]
    pub(crate) eval: Option<String>,
    /// typescript, python or bash; by the file's extension without it.
    #[arg(long)]
    pub(crate) language: Option<String>,
    /// JSON value for the program's `input`.
    #[arg(long, value_name = "JSON")]
    pub(crate) input: Option<String>,
    /// Whose workspace to use.
    #[arg(long, default_value = "default")]
    pub(crate) session: String,
    /// Size of the printed report in tokens.
    #[arg(long)]
    pub(crate) max_tokens: Option<usize>,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Call {
    /// The server and the tool, as `SERVER TOOL` or `SERVER.TOOL`, and the arguments: a JSON object, `key=value` words
    /// (`key:=JSON` where a number is meant as text), or `-` for an object on stdin.
    #[arg(required = true, value_name = "SERVER TOOL [ARGUMENTS]")]
    pub(crate) words: Vec<String>,
    /// Print the whole MCP result instead of its value.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Generate {
    /// Where to write; made if missing.
    pub(crate) dir: PathBuf,
    /// Write modules that run in your own shell as well: they call through an Outboard that they start when needed.
    #[arg(long)]
    pub(crate) connect: bool,
}

#[derive(Args)]
pub(crate) struct Connect {
    /// End after so long without any program, such as `10min`.
    #[arg(long, default_value = "10min", value_name = "SPAN")]
    pub(crate) idle: String,
}

#[derive(Args)]
pub(crate) struct Console {
    /// Port of this machine to listen on; any free one with 0.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) port: u16,
    /// Only print the link; open no browser.
    #[arg(long)]
    pub(crate) no_open: bool,
}

#[derive(Args)]
pub(crate) struct Exec {
    /// Whose workspace to use.
    #[arg(long, default_value = "default")]
    pub(crate) session: String,
    /// The command and its arguments.
    #[arg(last = true, required = true)]
    pub(crate) command: Vec<String>,
}

#[derive(Args)]
pub(crate) struct Filter {
    /// The session whose tokens are meant.
    #[arg(long, default_value = "default")]
    pub(crate) session: String,
}

#[derive(Args)]
pub(crate) struct Approvals {
    #[command(subcommand)]
    pub(crate) action: Option<ApprovalAction>,
    /// Keep showing new questions and how they end.
    #[arg(long, global = true)]
    pub(crate) watch: bool,
    /// Print JSON, one record a line with --watch.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum ApprovalAction {
    /// List the open questions; the default.
    List,
    /// Show one question with its arguments.
    Show {
        /// Its id.
        id: String,
    },
    /// Say yes.
    Approve {
        /// Its id.
        id: String,
        /// How far the yes reaches: this call, this tool in this execution or session, or always.
        #[arg(long, default_value = "once", value_parser = ["once", "execution", "session", "always"])]
        scope: String,
    },
    /// Say no.
    Deny {
        /// Its id.
        id: String,
        /// Why; the program reads it.
        #[arg(long)]
        reason: Option<String>,
    },
}

#[derive(Args)]
pub(crate) struct Policy {
    #[command(subcommand)]
    pub(crate) action: PolicyAction,
}

#[derive(Subcommand)]
pub(crate) enum PolicyAction {
    /// Show which rule decides about a call, and why the others do not.
    Explain {
        /// The server.
        server: String,
        /// The tool.
        tool: String,
        /// The arguments, a JSON object.
        #[arg(default_value = "{}")]
        arguments: String,
        /// On whose authority.
        #[arg(long, default_value = "local")]
        principal: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Check the expectations of a file: `[[expect]]` tables with tool, arguments and action.
    Test {
        /// The file.
        file: PathBuf,
        /// Print a JSON list.
        #[arg(long)]
        json: bool,
    },
    /// Show what the present policy would have decided about past calls.
    Replay {
        /// At most so many of the latest calls.
        #[arg(long, default_value_t = 10_000)]
        limit: usize,
        /// Print a JSON list.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args, Clone)]
pub(crate) struct Accept {
    /// The server.
    pub(crate) server: String,
    /// The tool; all of the server's without it.
    pub(crate) tool: Option<String>,
    /// Only show what changed.
    #[arg(long)]
    pub(crate) show: bool,
    /// Print a JSON list.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Doctor {
    /// Print a JSON list of checks.
    #[arg(long)]
    pub(crate) json: bool,
    /// Show what optional parts are missing, and how they are had on this system; make what can be made here.
    #[arg(long)]
    pub(crate) fix: bool,
    /// Do not ask before making it.
    #[arg(long, requires = "fix")]
    pub(crate) yes: bool,
}
