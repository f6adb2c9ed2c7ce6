//! The tools of a run: the MCP server's own, without a transport between.

use futures::future::BoxFuture;
use outboard_agent::{CallAside, ToolOutcome, Tools};
use outboard_execution::Executions;
use outboard_mcp::server::{Caller, Service};
use outboard_types::{CancellationToken, Principal};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The same requests as an agent over MCP makes, and a note of which programs ran.
pub(super) struct ServiceTools {
    service: Arc<Service>,
    executions: Mutex<BTreeSet<String>>,
}

pub(super) fn caller(cancel: CancellationToken) -> Caller {
    Caller::within(Principal::default(), cancel)
}

impl ServiceTools {
    pub(super) fn new(service: Arc<Service>) -> Self {
        Self { service, executions: Mutex::default() }
    }

    /// The tokens that direct calls would have put into the context for what the programs did, by the ledger.
    pub(super) async fn direct_equivalent(&self, executions: &Executions) -> u64 {
        let ids = self.executions.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut tokens = 0;
        for id in ids {
            if let Ok(handle) = executions.find(&id, &Principal::default())
                && let Some(report) = handle.wait(Duration::ZERO).await
            {
                tokens += executions.ledger(&report, "").await.direct_equivalent;
            }
        }
        tokens
    }

    /// Reports begin with a status and an id.
    fn note(&self, text: &str) {
        if let Some(id) = text.split_whitespace().nth(1).filter(|word| word.starts_with("ex_")) {
            self.executions.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
        }
    }
}

impl Tools for ServiceTools {
    fn call<'a>(&'a self, name: &'a str, arguments: &'a Value, aside: CallAside) -> BoxFuture<'a, ToolOutcome> {
        Box::pin(async move {
            let caller = caller(aside.cancel);
            match self.service.call_tool(name, arguments, aside.traceparent.as_deref(), caller).await {
                Ok(result) => {
                    let text = shown(&result);
                    if matches!(name, "run_code" | "wait") {
                        self.note(&text);
                    }
                    ToolOutcome { text, is_error: result["isError"] == true }
                }
                Err(error) => ToolOutcome { text: error.to_string(), is_error: true },
            }
        })
    }
}

/// The text of a result as clients show it to a model.
fn shown(result: &Value) -> String {
    let blocks = result["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    if blocks.is_empty() && !result["structuredContent"].is_null() {
        return result["structuredContent"].to_string();
    }
    blocks.iter().map(block).collect::<Vec<_>>().join("\n")
}

fn block(block: &Value) -> String {
    match (block["type"].as_str(), block["text"].as_str()) {
        (Some("text"), Some(text)) => text.to_owned(),
        (Some(kind @ ("image" | "audio")), _) => {
            let size = block["data"].as_str().map_or(0, str::len);
            format!("[{kind} of {size} base64 characters, not shown]")
        }
        _ => block.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn results_are_shown_as_clients_show_them() {
        let shown = |result: serde_json::Value| super::shown(&result);
        assert_eq!(shown(json!({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]})), "a\nb");
        assert_eq!(shown(json!({"content": [], "structuredContent": {"n": 1}})), "{\"n\":1}");
        let image = shown(json!({"content": [{"type": "image", "data": "AAAA"}]}));
        assert_eq!(image, "[image of 4 base64 characters, not shown]");
    }
}
