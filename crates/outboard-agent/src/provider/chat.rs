//! Chat completions, in the many dialects that servers speak.

use super::responses::short;
use super::{Decoder, MOST_CALLS, ModelError, Prompt, Received, Reply, Stop, Usage, error, json, text, tokens};
use crate::conversation::{Entry, Part, ToolUse};
use serde_json::{Value, json};

/// The request. OpenAI's own models want another name for the most that is written.
pub(super) fn body(model: &str, prompt: Prompt<'_>, is_openai: bool) -> Value {
    let system = std::iter::once(json!({"role": "system", "content": prompt.system}));
    let most = if is_openai { "max_completion_tokens" } else { "max_tokens" };
    let mut body = json!({
        "model": model, "stream": true, "stream_options": {"include_usage": true},
        "messages": system.chain(prompt.entries.iter().flat_map(messages)).collect::<Vec<_>>(),
    });
    body[most] = prompt.max_output.into();
    let tools: Vec<Value> = prompt
        .definitions
        .iter()
        .map(|tool| {
            let function = json!({
                "name": tool.name, "description": short(&tool.description), "parameters": tool.schema,
            });
            json!({"type": "function", "function": function})
        })
        .collect();
    if !tools.is_empty() {
        body["tools"] = tools.into();
        // Small models write a search, a program that needs its hits, and the wait for it, all in one turn.
        if !prompt.parallel && !is_openai {
            body["parallel_tool_calls"] = false.into();
        }
    }
    body
}

fn messages(entry: &Entry) -> Vec<Value> {
    match entry {
        Entry::User { text, .. } => vec![json!({"role": "user", "content": text})],
        Entry::Tools { answers } => {
            let message = |answer: &crate::conversation::Answer| {
                let failed = if answer.is_error { "[failed] " } else { "" };
                json!({"role": "tool", "tool_call_id": answer.id, "content": format!("{failed}{}", answer.text)})
            };
            answers.iter().map(message).collect()
        }
        Entry::Model { parts } => vec![assistant(entry, parts)],
    }
}

fn assistant(entry: &Entry, parts: &[Part]) -> Value {
    let calls: Vec<Value> = entry.calls().map(call).collect();
    let content =
        if parts.iter().any(|part| matches!(part, Part::Text(_))) { entry.text().into() } else { Value::Null };
    match calls.is_empty() {
        // Without calls there has to be text.
        true => json!({"role": "assistant", "content": content.as_str().unwrap_or_default()}),
        false => json!({"role": "assistant", "content": content, "tool_calls": calls}),
    }
}

fn call(call: &ToolUse) -> Value {
    let function = json!({"name": call.name, "arguments": call.arguments.to_string()});
    json!({"id": call.id, "type": "function", "function": function})
}

#[derive(Default)]
struct Call {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

/// Reads the chunks of one answer.
#[derive(Default)]
pub(super) struct Events {
    text: String,
    refusal: String,
    calls: Vec<Call>,
    usage: Usage,
    stop: Option<String>,
    done: bool,
}

impl Decoder for Events {
    fn event(&mut self, data: &str, tell: &mut (dyn FnMut(&str) + Send)) -> Result<(), ModelError> {
        if data.trim() == "[DONE]" {
            self.done = true;
            return Ok(());
        }
        let chunk = json(data)?;
        if chunk["error"].is_object() {
            return Err(error::of_event(&chunk["error"]));
        }
        let usage = &chunk["usage"];
        if usage.is_object() {
            self.usage.input = tokens(&usage["prompt_tokens"]);
            self.usage.cached = tokens(&usage["prompt_tokens_details"]["cached_tokens"]);
            self.usage.output = tokens(&usage["completion_tokens"]);
        }
        let choice = &chunk["choices"][0];
        // Servers that do not stream send one message.
        let delta = if choice["delta"].is_object() { &choice["delta"] } else { &choice["message"] };
        tell(text(delta, "content"));
        self.text.push_str(text(delta, "content"));
        self.refusal.push_str(text(delta, "refusal"));
        for part in delta["tool_calls"].as_array().into_iter().flatten() {
            self.call(part)?;
        }
        if let Some(reason) = choice["finish_reason"].as_str() {
            self.stop = Some(reason.to_owned());
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn finish(self: Box<Self>) -> Result<Reply, ModelError> {
        let Some(reason) = self.stop else { return Err(ModelError::Unreachable("the answer broke off".into())) };
        let stop = match &*reason {
            _ if !self.refusal.is_empty() => Stop::Refused(self.refusal),
            "content_filter" => Stop::Refused("the provider's content filter ended the answer".into()),
            "length" => Stop::MaxTokens,
            _ => Stop::Done,
        };
        let calls = self.calls.into_iter().map(|call| Received::Call {
            id: call.id,
            name: call.name,
            arguments: call.arguments,
        });
        let said = (!self.text.is_empty()).then_some(Received::Text(self.text));
        Ok(Reply { parts: said.into_iter().chain(calls).collect(), stop, usage: self.usage })
    }
}

impl Events {
    fn call(&mut self, part: &Value) -> Result<(), ModelError> {
        let (index, id) = (part["index"].as_u64(), text(part, "id"));
        let at = self.calls.iter().rposition(|call| continues(call, index, id));
        let at = match at {
            Some(at) => at,
            None if self.calls.len() >= MOST_CALLS => {
                return Err(ModelError::BadAnswer(format!("it has more than {MOST_CALLS} calls")));
            }
            None => {
                self.calls.push(Call { index, id: id.to_owned(), ..Call::default() });
                self.calls.len() - 1
            }
        };
        let (call, function) = (&mut self.calls[at], &part["function"]);
        call.name.push_str(text(function, "name"));
        match &function["arguments"] {
            Value::String(more) => call.arguments.push_str(more),
            Value::Null => {}
            // Some servers give the object itself.
            whole => call.arguments = whole.to_string(),
        }
        Ok(())
    }
}

/// Whether a piece belongs to a call: the same number, and no other id. Some servers number all calls 0, some
/// give no number; a new id begins a call.
fn continues(call: &Call, index: Option<u64>, id: &str) -> bool {
    let same_place = index.is_none() || call.index == index;
    same_place && (id.is_empty() || call.id == id)
}

#[cfg(test)]
mod tests {
    use super::super::decoded;
    use super::*;
    use crate::conversation::Answer;

    fn delta(delta: Value) -> Value {
        json!({"choices": [{"delta": delta}]})
    }

    fn end() -> Value {
        json!({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]})
    }

    fn names(reply: &Reply) -> Vec<(String, String)> {
        let call = |part: &Received| match part {
            Received::Call { name, arguments, .. } => Some((name.clone(), arguments.clone())),
            _ => None,
        };
        reply.parts.iter().filter_map(call).collect()
    }

    #[test]
    fn calls_are_put_together_in_every_dialect() {
        let numbered = decoded::<Events>(&[
            delta(json!({"content": "so", "tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}]})),
            delta(json!({"tool_calls": [{"index": 1, "id": "b", "function": {"name": "g", "arguments": "{"}}]})),
            delta(json!({"tool_calls": [{"index": 0, "function": {"arguments": "{\"x\":1}"}}]})),
            delta(json!({"tool_calls": [{"index": 1, "function": {"arguments": "}"}}]})),
            end(),
            json!({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}),
        ])
        .unwrap();
        assert_eq!(names(&numbered), [("f".into(), "{\"x\":1}".into()), ("g".into(), "{}".into())]);
        assert_eq!((numbered.usage.input, numbered.parts.len()), (7, 3));
        let all_zero = decoded::<Events>(&[
            delta(json!({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": {"x": 1}}}]})),
            delta(json!({"tool_calls": [{"index": 0, "id": "b", "function": {"name": "g", "arguments": "{}"}}]})),
            end(),
        ])
        .unwrap();
        assert_eq!(names(&all_zero), [("f".into(), "{\"x\":1}".into()), ("g".into(), "{}".into())]);
    }

    #[test]
    fn refusals_cuts_and_errors_are_told_apart() {
        let end = |reason: &str| json!({"choices": [{"delta": {}, "finish_reason": reason}]});
        assert_eq!(decoded::<Events>(&[end("length")]).unwrap().stop, Stop::MaxTokens);
        let refused = decoded::<Events>(&[delta(json!({"refusal": "no"})), end("stop")]);
        assert_eq!(refused.unwrap().stop, Stop::Refused("no".into()));
        assert!(decoded::<Events>(&[json!({"error": {"code": 503, "message": "x"}})]).unwrap_err().may_pass());
        assert!(decoded::<Events>(&[delta(json!({"content": "half"}))]).unwrap_err().may_pass());
    }

    #[test]
    fn every_call_has_its_answer_in_a_message_of_its_own() {
        let call = |id: &str| Part::Call(ToolUse { id: id.into(), name: "f".into(), arguments: json!({"x": 1}) });
        let entries = [
            Entry::Model { parts: vec![call("a"), call("b")] },
            Entry::Tools { answers: vec![Answer::new("a", "1", false), Answer::new("b", "2", true)] },
        ];
        let sent: Vec<Value> = entries.iter().flat_map(messages).collect();
        assert_eq!(sent[0]["tool_calls"][0]["function"]["arguments"], "{\"x\":1}");
        assert_eq!((&sent[0]["content"], &sent[1]["tool_call_id"]), (&Value::Null, &json!("a")));
        assert_eq!(sent[2]["content"], "[failed] 2");
    }
}
