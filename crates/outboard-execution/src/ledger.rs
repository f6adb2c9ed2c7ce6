//! What an execution put through the model's context, and what direct tool calls would have put there.

use outboard_types::ToolResult;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::atomic::{AtomicU64, Ordering};

/// The ledger of one execution, in tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tokens {
    /// What the model reads: the report.
    pub model_in: u64,
    /// What the model wrote: the program and its input.
    pub model_out: u64,
    /// What direct calls with the same arguments and results would have put into the model's context:
    /// arguments once, results once, without any definitions.
    pub direct_equivalent: u64,
    /// What counted, such as `o200k`; `estimate` where nothing did.
    pub counter: String,
}

/// Adds up the sizes of what a run's calls were given and gave.
#[derive(Default)]
pub(crate) struct Ledger(AtomicU64);

impl Ledger {
    /// Notes one call's arguments and what a client would have shown of its result.
    pub(crate) fn note(&self, arguments: &RawValue, result: Option<&ToolResult>) {
        let shown = result.and_then(|result| result.content.as_ref().or(result.structured.as_ref()));
        let bytes = arguments.get().len() + shown.map_or(0, |raw| raw.get().len());
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Bytes of all arguments and results.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The text of a result's text blocks, as clients show it; the JSON where there are blocks of other kinds.
pub(crate) fn shown_text(raw: &RawValue) -> String {
    #[derive(Deserialize)]
    struct Block {
        #[serde(rename = "type")]
        kind: String,
        text: Option<String>,
    }
    match serde_json::from_str::<Vec<Block>>(raw.get()) {
        Ok(blocks) if blocks.iter().all(|block| block.kind == "text") => {
            blocks.into_iter().filter_map(|block| block.text).collect::<Vec<_>>().join("\n")
        }
        _ => raw.get().to_owned(),
    }
}
