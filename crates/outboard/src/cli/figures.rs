//! Arguments of the commands that show what was used and what it cost.

use clap::Args;
use std::path::PathBuf;

/// What tokens cost.
#[derive(Args)]
pub(crate) struct Money {
    /// A table of prices instead of the one of the program.
    #[arg(long, value_name = "FILE")]
    pub(crate) prices: Option<PathBuf>,
    /// Whose prices.
    #[arg(long)]
    pub(crate) model: Option<String>,
}

#[derive(Args)]
pub(crate) struct Bench {
    /// Only this scenario, or those of this kind, such as data-heavy or recorded; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub(crate) scenario: Vec<String>,
    /// Do the recorded tasks of this folder as well: a file .jsonl of tasks and a file .json of their tools.
    #[arg(long, value_name = "DIR")]
    pub(crate) tasks: Option<PathBuf>,
    /// Only this mode; all three without it.
    #[arg(long, value_parser = ["direct", "code", "hybrid"])]
    pub(crate) mode: Option<String>,
    /// Only programs of this language; both without it.
    #[arg(long, value_parser = ["typescript", "python"])]
    pub(crate) language: Option<String>,
    /// Do each so often, for percentiles, and as often again with faults on purpose, for errors.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(crate) iterations: u64,
    /// Draw curves over the size of catalogues and results as well; a report of all tasks has them in any case.
    #[arg(long)]
    pub(crate) curves: bool,
    /// Write a page, a table, the figures and the texts that were counted into this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) report: Option<PathBuf>,
    /// Scenarios of this folder instead of those of the program.
    #[arg(long, value_name = "DIR")]
    pub(crate) scenarios: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) money: Money,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Stats {
    /// Add up by day, tool, session, principal or execution.
    #[arg(long, default_value = "day", value_parser = ["day", "tool", "session", "principal", "execution"])]
    pub(crate) by: String,
    /// Only what began within this time, such as 7d.
    #[arg(long, value_name = "SPAN", default_value = "30d")]
    pub(crate) since: String,
    /// Only what was unusual: as it was told, and in the last day against the time before.
    #[arg(long)]
    pub(crate) alerts: bool,
    #[command(flatten)]
    pub(crate) money: Money,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Estimate {
    /// Tasks a month; as many as the journal had in the last 30 days without it.
    #[arg(long, value_name = "N")]
    pub(crate) runs: Option<u64>,
    #[command(flatten)]
    pub(crate) money: Money,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Top {
    /// Print one JSON object and end.
    #[arg(long)]
    pub(crate) json: bool,
}
