//! Settings of the agent loop.

use crate::settings::WrittenTable;
use crate::written::Given;
use outboard_types::Redacted;

/// How `outboard agent` reaches its model, and what it may spend.
#[derive(Debug, Clone, Default)]
pub struct AgentSettings {
    /// `anthropic`, `openai` or `chat`.
    pub provider: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// Where the provider is.
    pub base_url: Option<String>,
    /// Its key.
    pub key: Option<Redacted<String>>,
    /// Turns of one run.
    pub max_turns: Option<u32>,
    /// Tokens that one turn may write.
    pub max_output_tokens: Option<u64>,
    /// US dollars that a conversation may cost.
    pub max_cost: Option<f64>,
    /// US dollars from which on a person is asked before the first turn.
    pub ask_above: Option<f64>,
    /// Prices of models, as written.
    pub prices: Vec<WrittenTable>,
}

/// Takes one setting; prices of a later file come before those of an earlier.
pub(crate) fn set(agent: &mut AgentSettings, key: &str, given: Given) {
    match (key, given) {
        ("provider", Given::Text(name)) => agent.provider = Some(name),
        ("model", Given::Text(name)) => agent.model = Some(name),
        ("base_url", Given::Text(url)) => agent.base_url = Some(url),
        ("key", Given::Text(key)) => agent.key = Some(Redacted::new(key)),
        ("max_turns", Given::Number(number)) => agent.max_turns = Some(number as u32),
        ("max_output_tokens", Given::Number(number)) => agent.max_output_tokens = Some(number),
        ("max_cost", Given::Amount(amount)) => agent.max_cost = Some(amount),
        ("ask_above", Given::Amount(amount)) => agent.ask_above = Some(amount),
        ("prices", Given::Tables(tables)) => drop(agent.prices.splice(0..0, tables)),
        // The reader lets no other key and no other type pass.
        _ => {}
    }
}
