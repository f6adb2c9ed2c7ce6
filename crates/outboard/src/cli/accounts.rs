//! Arguments of `outboard login`, `logout` and `token`.

use clap::{Args, Subcommand};

#[derive(Args)]
pub(crate) struct Login {
    /// The server.
    pub(crate) server: String,
    /// What to call the account, where there are several; `account` of the server without it.
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Whose calls alone it is for; everybody's without it.
    #[arg(long, value_name = "NAME")]
    pub(crate) principal: Option<String>,
    /// Print the address instead of opening it, and take the address that it ends at from stdin.
    #[arg(long)]
    pub(crate) no_browser: bool,
    /// Ask for this scope as well; may be given several times.
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Vec<String>,
    /// Print one JSON object about the account.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Logout {
    /// The server.
    pub(crate) server: String,
    /// The account; `account` of the server without it.
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Whose it is.
    #[arg(long, value_name = "NAME")]
    pub(crate) principal: Option<String>,
}

#[derive(Args)]
pub(crate) struct Token {
    #[command(subcommand)]
    pub(crate) action: TokenAction,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum TokenAction {
    /// Make a token for a principal; it is shown once.
    Create {
        /// On whose authority requests with it are made.
        #[arg(long, value_name = "NAME")]
        principal: String,
        /// How long it is good, such as `30d`; for good without it.
        #[arg(long, value_name = "SPAN")]
        expires: Option<String>,
        /// What it is for.
        #[arg(long)]
        name: Option<String>,
    },
    /// List all tokens, without the tokens themselves.
    List,
    /// Revoke one; requests with it are refused at once.
    Revoke {
        /// Its id.
        id: String,
    },
}
