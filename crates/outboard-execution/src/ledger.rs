//! What an execution put through the model's context, and what direct tool calls would have put there.

pub use outboard_ledger::TokenCounter;
use outboard_types::ToolResult;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Mutex;

/// The ledger of one execution, in tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tokens {
    /// What the model reads: the report.
    pub model_in: u64,
    /// What the model wrote: the program and its input.
    pub model_out: u64,
    /// What direct calls with the same arguments and results would have put into the model's context:
    /// arguments once, results once, without any definitions.
    pub direct_equivalent: u64,
}

/// Collects the texts of a run's calls; counting waits until the end, off the path of the calls.
#[derive(Default)]
pub(crate) struct Ledger {
    keep: bool,
    state: Mutex<(u64, Vec<String>)>,
}

impl Ledger {
    /// With `keep`, texts are kept for exact counting; without, only their sizes.
    pub(crate) fn new(keep: bool) -> Self {
        Self { keep, ..Self::default() }
    }

    /// Notes one call's arguments and what a client would have shown of its result.
    pub(crate) fn note(&self, arguments: &RawValue, result: Option<&ToolResult>) {
        let Ok(mut state) = self.state.lock() else { return };
        let shown = result.and_then(|result| result.content.as_ref().or(result.structured.as_ref()));
        state.0 += (arguments.get().len() + shown.map_or(0, |raw| raw.get().len())) as u64;
        if self.keep {
            state.1.push(arguments.get().to_owned());
            state.1.extend(shown.map(|raw| shown_text(raw)));
        }
    }

    /// Bytes of all arguments and results.
    pub(crate) fn bytes(&self) -> u64 {
        self.state.lock().map_or(0, |state| state.0)
    }

    /// Tokens of all arguments and results.
    pub(crate) fn direct_equivalent(&self, counter: Option<&dyn TokenCounter>) -> u64 {
        let Ok(state) = self.state.lock() else { return 0 };
        match counter {
            Some(counter) if self.keep => state.1.iter().map(|text| counter.count(text)).sum(),
            _ => state.0 / 4,
        }
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
