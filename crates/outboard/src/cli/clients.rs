//! Commands about other programs that use MCP servers.

use clap::Args;

/// How servers are taken over.
#[derive(Args, Default)]
pub(crate) struct Taking {
    /// Keep values of `env` and headers as they are, even where a variable of the environment holds the same.
    #[arg(long)]
    pub(crate) keep_values: bool,
    /// Take a server whose name is in use under another, such as `github-cursor`.
    #[arg(long)]
    pub(crate) rename: bool,
}

#[derive(Args)]
pub(crate) struct Import {
    /// Look only into this client's files; may be given more than once.
    #[arg(long, value_name = "CLIENT")]
    pub(crate) from: Vec<String>,
    /// Write all into ./outboard.toml, also what the user has for all projects.
    #[arg(long)]
    pub(crate) project: bool,
    /// Only show what would be taken.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask.
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) taking: Taking,
    /// Print a JSON list.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Install {
    /// The client, such as claude-code, cursor or vscode; all are shown without it.
    pub(crate) client: Option<String>,
    /// Write into the project's file instead of the user's.
    #[arg(long)]
    pub(crate) project: bool,
    /// Move the client's own servers behind Outboard: into our settings, and out of its file.
    #[arg(long = "move")]
    pub(crate) moving: bool,
    /// Only show what would be done.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Move a server whose name is in use under another, such as `github-cursor`.
    #[arg(long)]
    pub(crate) rename: bool,
    /// Print one JSON object, or a JSON list of clients.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Uninstall {
    /// The client.
    pub(crate) client: String,
    /// Change the project's file instead of the user's.
    #[arg(long)]
    pub(crate) project: bool,
    /// Only show what would be done.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}
