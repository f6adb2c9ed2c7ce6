//! Arguments of `outboard state`.

use clap::{Args, Subcommand};

#[derive(Args)]
pub(crate) struct State {
    #[command(subcommand)]
    pub(crate) action: StateAction,
    /// Whose state: the session.
    #[arg(long, default_value = "default", global = true)]
    pub(crate) session: String,
    /// Whose session.
    #[arg(long, default_value = "local", global = true)]
    pub(crate) principal: String,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum StateAction {
    /// Print a value; `null` where there is none.
    Get {
        /// Its key.
        key: String,
    },
    /// Keep a value, as a recorded execution.
    Set {
        /// Its key.
        key: String,
        /// JSON, or plain text; `-` reads it from stdin.
        value: String,
    },
    /// Forget a value, as a recorded execution.
    Delete {
        /// Its key.
        key: String,
    },
    /// List the keys in their order.
    List {
        /// Only keys that begin so.
        #[arg(default_value = "")]
        prefix: String,
    },
}
