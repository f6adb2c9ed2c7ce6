//! Arguments of `outboard agent`.

use clap::Args;

#[derive(Args)]
pub(crate) struct Agent {
    /// What to do; with --continue, what to say next.
    #[arg(required_unless_present = "resume")]
    pub(crate) task: Option<String>,
    /// How tools are offered: every definition (direct), programs (code), by a rule (hybrid), or both beside
    /// each other (compare; the task is done twice).
    #[arg(long, default_value = "code", value_parser = ["direct", "code", "hybrid", "compare"])]
    pub(crate) mode: String,
    /// The model; `model` of [agent] without it.
    #[arg(long)]
    pub(crate) model: Option<String>,
    /// The format that it speaks: anthropic, openai or chat; `provider` of [agent] without it.
    #[arg(long, value_parser = ["anthropic", "openai", "chat"])]
    pub(crate) provider: Option<String>,
    /// Where its provider is, such as http://127.0.0.1:8080/v1.
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// Go on with the last conversation of this project.
    #[arg(long = "continue")]
    pub(crate) resume: bool,
    /// Go on with this conversation instead of the last.
    #[arg(long, value_name = "ID", requires = "resume")]
    pub(crate) conversation: Option<String>,
    /// Tokens that the conversation may take, read and written together.
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens_total: Option<u64>,
    /// US dollars that the conversation may cost.
    #[arg(long, value_name = "USD")]
    pub(crate) max_cost: Option<f64>,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}
