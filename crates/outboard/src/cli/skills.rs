//! Arguments of `outboard skills`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Skills {
    #[command(subcommand)]
    pub(crate) action: Option<SkillAction>,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum SkillAction {
    /// List all skills, where they are and what became of them; the default.
    List,
    /// Show one with its functions, tools and text.
    Show {
        /// Its name.
        name: String,
    },
    /// Make a skill of the program of an execution, and keep the execution as its first test.
    Save {
        /// The execution's id, or `latest`.
        execution: String,
        /// What it is to be called: small letters, digits and hyphens.
        #[arg(long)]
        name: String,
        /// What it does and when to use it; the program's own comment without it.
        #[arg(long)]
        description: Option<String>,
        /// Keep it with the user, for all projects.
        #[arg(long)]
        user: bool,
    },
    /// Run a skill's recorded executions over their recorded answers, and say what changed outside since.
    Test {
        /// Its name.
        name: String,
        /// Ask its servers for their definitions first.
        #[arg(long)]
        refresh: bool,
    },
    /// Show the versions of a skill and where they came from.
    History {
        /// Its name.
        name: String,
    },
    /// Show what differs between two versions: of the present one and the one before without any.
    Diff {
        /// Its name.
        name: String,
        /// The first digits of the old version.
        old: Option<String>,
        /// The first digits of the new version; the present one without it.
        new: Option<String>,
    },
    /// Put an earlier version back: the one before the present one without a version.
    Rollback {
        /// Its name.
        name: String,
        /// The first digits of the version.
        version: Option<String>,
    },
    /// Take a skill away; its versions are kept.
    Remove {
        /// Its name.
        name: String,
    },
    /// Write a skill into an archive, or into a new folder if the name has no `.tar`.
    Export {
        /// Its name.
        name: String,
        /// The file or folder.
        file: PathBuf,
    },
    /// Read a skill from an archive or a folder, and check it.
    Import {
        /// The file or folder.
        file: PathBuf,
        /// Keep it with the user, for all projects.
        #[arg(long)]
        user: bool,
    },
    /// Show how much skills are used, what they save, and which could go.
    Stats {
        /// At most so many of the latest executions.
        #[arg(long, default_value_t = 500)]
        runs: usize,
    },
    /// Let all sessions import a skill that a model saved in one.
    Approve {
        /// Its name.
        name: String,
        /// The session in which it waits, where it waits in several.
        #[arg(long)]
        session: Option<String>,
    },
}
