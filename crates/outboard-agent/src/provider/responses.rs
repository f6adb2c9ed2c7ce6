//! OpenAI's Responses, without state at the provider: what was said is sent every time.

use super::{Decoder, MOST_CALLS, ModelError, Prompt, Received, Reply, Stop, Usage, error, json, text, tokens};
use crate::conversation::{Entry, Part};
use serde_json::{Value, json};

/// The request.
pub(super) fn body(model: &str, prompt: Prompt<'_>) -> Value {
    let tools: Vec<Value> = prompt
        .definitions
        .iter()
        .map(|tool| {
            json!({
                "type": "function", "name": tool.name, "description": short(&tool.description),
                "parameters": tool.schema, "strict": false,
            })
        })
        .collect();
    let mut body = json!({
        "model": model, "instructions": prompt.system, "stream": true, "store": false,
        "max_output_tokens": prompt.max_output, "parallel_tool_calls": true, "tools": tools,
        "input": prompt.entries.iter().flat_map(items).collect::<Vec<_>>(),
        "prompt_cache_key": prompt.cache_key,
    });
    if reasons(model) {
        body["include"] = json!(["reasoning.encrypted_content"]);
    }
    body
}

/// The longest description that is taken.
pub(super) fn short(description: &str) -> &str {
    description.char_indices().nth(1_024).map_or(description, |(end, _)| &description[..end])
}

/// Models without reasoning refuse to be asked for it.
fn reasons(model: &str) -> bool {
    !["gpt-3", "gpt-4", "chatgpt"].iter().any(|start| model.starts_with(start))
}

fn items(entry: &Entry) -> Vec<Value> {
    match entry {
        Entry::User { text, .. } => vec![json!({"role": "user", "content": text})],
        Entry::Tools { answers } => answers
            .iter()
            .map(|answer| {
                let failed = if answer.is_error { "[failed] " } else { "" };
                json!({"type": "function_call_output", "call_id": answer.id, "output": format!("{failed}{}", answer.text)})
            })
            .collect(),
        Entry::Model { parts } => parts.iter().map(part).collect(),
    }
}

fn part(part: &Part) -> Value {
    match part {
        Part::Text(text) => json!({"role": "assistant", "content": text}),
        Part::Call(call) => json!({
            "type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments.to_string(),
        }),
        Part::Opaque(item) => item.clone(),
    }
}

/// Reads the events of one answer.
#[derive(Default)]
pub(super) struct Events {
    items: Vec<Value>,
    end: Option<Value>,
}

impl Decoder for Events {
    fn event(&mut self, data: &str, tell: &mut (dyn FnMut(&str) + Send)) -> Result<(), ModelError> {
        let mut event = json(data)?;
        match text(&event, "type") {
            "response.output_text.delta" => tell(text(&event, "delta")),
            "response.output_item.done" => {
                if self.items.len() >= MOST_CALLS {
                    return Err(ModelError::BadAnswer(format!("it has more than {MOST_CALLS} parts")));
                }
                self.items.push(event["item"].take());
            }
            "response.completed" | "response.incomplete" => self.end = Some(event["response"].take()),
            "response.failed" => return Err(error::of_event(&event["response"]["error"])),
            "error" => {
                let inner = if event["error"].is_object() { event["error"].take() } else { event };
                return Err(error::of_event(&inner));
            }
            _ => {}
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.end.is_some()
    }

    fn finish(self: Box<Self>) -> Result<Reply, ModelError> {
        let end = self.end.ok_or_else(|| ModelError::Unreachable("the answer broke off".into()))?;
        let items = match (self.items.is_empty(), &end["output"]) {
            (true, Value::Array(output)) => output.iter().take(MOST_CALLS).cloned().collect(),
            _ => self.items,
        };
        let usage = &end["usage"];
        let usage = Usage {
            input: tokens(&usage["input_tokens"]),
            cached: tokens(&usage["input_tokens_details"]["cached_tokens"]),
            cache_write: 0,
            output: tokens(&usage["output_tokens"]),
        };
        let refusal = items.iter().find_map(refusal);
        let stop = match text(&end["incomplete_details"], "reason") {
            _ if refusal.is_some() => Stop::Refused(refusal.unwrap_or_default()),
            "max_output_tokens" => Stop::MaxTokens,
            "content_filter" => Stop::Refused("the provider's content filter ended the answer".into()),
            _ => Stop::Done,
        };
        Ok(Reply { parts: items.into_iter().filter_map(received).collect(), stop, usage })
    }
}

fn contents(item: &Value) -> impl Iterator<Item = &Value> {
    item["content"].as_array().into_iter().flatten()
}

fn refusal(item: &Value) -> Option<String> {
    contents(item).find_map(|part| part["refusal"].as_str()).map(str::to_owned)
}

fn received(item: Value) -> Option<Received> {
    match text(&item, "type") {
        "message" => {
            let texts: String = contents(&item).filter_map(|part| part["text"].as_str()).collect();
            Some(Received::Text(texts))
        }
        "function_call" => Some(Received::Call {
            id: text(&item, "call_id").to_owned(),
            name: text(&item, "name").to_owned(),
            arguments: text(&item, "arguments").to_owned(),
        }),
        // Reasoning that was not sealed for us is not taken back.
        "reasoning" => item["encrypted_content"].is_string().then_some(Received::Opaque(item)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::decoded;
    use super::*;

    #[test]
    fn an_answer_is_put_together() {
        let reply = decoded::<Events>(&[
            json!({"type": "response.created", "response": {}}),
            json!({"type": "response.output_item.done", "item": {"type": "reasoning", "id": "r", "encrypted_content": "e"}}),
            json!({"type": "response.output_item.done", "item": {"type": "reasoning", "id": "open"}}),
            json!({"type": "response.output_text.delta", "delta": "so"}),
            json!({"type": "response.output_item.done", "item": {"type": "message", "content": [{"type": "output_text", "text": "so"}]}}),
            json!({"type": "response.output_item.done", "item": {"type": "function_call", "call_id": "c", "name": "a", "arguments": "{}"}}),
            json!({"type": "response.completed", "response": {"usage": {"input_tokens": 10, "input_tokens_details": {"cached_tokens": 8}, "output_tokens": 3}}}),
        ])
        .unwrap();
        assert_eq!((reply.parts.len(), &reply.stop), (3, &Stop::Done));
        assert_eq!(reply.usage, Usage { input: 10, cached: 8, cache_write: 0, output: 3 });
    }

    #[test]
    fn refusals_cuts_and_failures_are_told_apart() {
        let refused = json!({"type": "message", "content": [{"type": "refusal", "refusal": "no"}]});
        let reply = decoded::<Events>(&[json!({"type": "response.completed", "response": {"output": [refused]}})]);
        assert_eq!(reply.unwrap().stop, Stop::Refused("no".into()));
        let cut =
            json!({"type": "response.incomplete", "response": {"incomplete_details": {"reason": "max_output_tokens"}}});
        assert_eq!(decoded::<Events>(&[cut]).unwrap().stop, Stop::MaxTokens);
        let failed =
            json!({"type": "response.failed", "response": {"error": {"code": "server_error", "message": "x"}}});
        assert!(decoded::<Events>(&[failed]).unwrap_err().may_pass());
        assert!(decoded::<Events>(&[]).unwrap_err().may_pass());
    }

    #[test]
    fn only_models_that_reason_are_asked_for_it() {
        assert!(reasons("gpt-5") && reasons("o4-mini") && !reasons("gpt-4.1"));
        assert_eq!(short(&"é".repeat(2_000)).chars().count(), 1_024);
    }
}
