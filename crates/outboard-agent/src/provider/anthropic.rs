//! Anthropic's Messages.

use super::{Decoder, MOST_CALLS, ModelError, Prompt, Received, Reply, Stop, Usage, error, json, text, tokens};
use crate::conversation::{Entry, Part};
use serde_json::{Value, json};

/// How many of the last messages of the user's side are marked for the cache: the end of this turn, and of the
/// one before, which is what the cache holds. Prompt and definitions have the other two of the four marks.
const MARKED: usize = 2;

/// The request.
pub(super) fn body(model: &str, prompt: Prompt<'_>) -> Value {
    let mut body = json!({
        "model": model, "max_tokens": prompt.max_output, "stream": true,
        "system": [{"type": "text", "text": prompt.system, "cache_control": mark()}],
        "messages": messages(prompt.entries),
    });
    let mut tools: Vec<Value> = prompt
        .definitions
        .iter()
        .map(|tool| json!({"name": tool.name, "description": tool.description, "input_schema": tool.schema}))
        .collect();
    if let Some(last) = tools.last_mut() {
        last["cache_control"] = mark();
        body["tools"] = tools.into();
    }
    body
}

fn mark() -> Value {
    json!({"type": "ephemeral"})
}

fn messages(entries: &[Entry]) -> Vec<Value> {
    let mut messages: Vec<(&str, Vec<Value>)> = Vec::new();
    for entry in entries {
        let (role, blocks) = blocks(entry);
        match messages.last_mut() {
            // Two in a row of the same side are one message.
            Some((last, kept)) if *last == role => kept.extend(blocks),
            _ => messages.push((role, blocks)),
        }
    }
    let ends = messages.iter_mut().rev().filter(|(role, _)| *role == "user").take(MARKED);
    ends.filter_map(|(_, blocks)| blocks.last_mut()).for_each(|block| block["cache_control"] = mark());
    messages.retain(|(_, blocks)| !blocks.is_empty());
    messages.into_iter().map(|(role, content)| json!({"role": role, "content": content})).collect()
}

fn blocks(entry: &Entry) -> (&'static str, Vec<Value>) {
    match entry {
        Entry::User { text, .. } => ("user", vec![json!({"type": "text", "text": text})]),
        Entry::Tools { answers } => {
            let result = |answer: &crate::conversation::Answer| json!({"type": "tool_result", "tool_use_id": answer.id, "content": answer.text, "is_error": answer.is_error});
            ("user", answers.iter().map(result).collect())
        }
        Entry::Model { parts } => ("assistant", parts.iter().filter_map(part).collect()),
    }
}

fn part(part: &Part) -> Option<Value> {
    match part {
        // Empty text is refused.
        Part::Text(text) => (!text.trim().is_empty()).then(|| json!({"type": "text", "text": text})),
        Part::Call(call) => {
            Some(json!({"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments}))
        }
        Part::Opaque(block) => Some(block.clone()),
    }
}

enum Block {
    Text(String),
    Call { id: String, name: String, given: Value, json: String },
    Opaque(Value),
}

/// Reads the events of one answer.
#[derive(Default)]
pub(super) struct Events {
    blocks: Vec<(u64, Block)>,
    usage: Usage,
    stop: Option<String>,
    done: bool,
}

impl Decoder for Events {
    fn event(&mut self, data: &str, tell: &mut (dyn FnMut(&str) + Send)) -> Result<(), ModelError> {
        let event = json(data)?;
        match text(&event, "type") {
            "message_start" => self.read_usage(&event["message"]["usage"]),
            "content_block_start" => self.begin(tokens(&event["index"]), &event["content_block"])?,
            "content_block_delta" => self.grow(tokens(&event["index"]), &event["delta"], tell),
            "message_delta" => {
                self.read_usage(&event["usage"]);
                self.stop = event["delta"]["stop_reason"].as_str().map(str::to_owned).or(self.stop.take());
            }
            "message_stop" => self.done = true,
            "error" => return Err(error::of_event(&event["error"])),
            _ => {}
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn finish(self: Box<Self>) -> Result<Reply, ModelError> {
        if self.stop.is_none() && !self.done {
            return Err(ModelError::Unreachable("the answer broke off".into()));
        }
        let parts: Vec<Received> = self.blocks.into_iter().map(|(_, block)| block.received()).collect();
        let stop = match self.stop.as_deref() {
            Some("max_tokens" | "model_context_window_exceeded") => Stop::MaxTokens,
            Some("refusal") => Stop::Refused(said(&parts)),
            _ => Stop::Done,
        };
        Ok(Reply { parts, stop, usage: self.usage })
    }
}

fn said(parts: &[Received]) -> String {
    let texts =
        parts.iter().filter_map(|part| if let Received::Text(text) = part { Some(text.as_str()) } else { None });
    texts.collect::<Vec<_>>().join("\n")
}

impl Events {
    /// Later figures are those of the whole answer and replace earlier ones.
    fn read_usage(&mut self, usage: &Value) {
        let read = |key: &str| usage[key].as_u64();
        if let Some(fresh) = read("input_tokens") {
            self.usage.cached = read("cache_read_input_tokens").unwrap_or(self.usage.cached);
            self.usage.cache_write = read("cache_creation_input_tokens").unwrap_or(self.usage.cache_write);
            self.usage.input = fresh.saturating_add(self.usage.cached).saturating_add(self.usage.cache_write);
        }
        self.usage.output = read("output_tokens").unwrap_or(self.usage.output);
    }

    fn begin(&mut self, index: u64, block: &Value) -> Result<(), ModelError> {
        if self.blocks.len() >= MOST_CALLS {
            return Err(ModelError::BadAnswer(format!("it has more than {MOST_CALLS} parts")));
        }
        let begun = match text(block, "type") {
            "text" => Block::Text(text(block, "text").to_owned()),
            "tool_use" => Block::Call {
                id: text(block, "id").to_owned(),
                name: text(block, "name").to_owned(),
                given: block["input"].clone(),
                json: String::new(),
            },
            _ => Block::Opaque(block.clone()),
        };
        self.blocks.push((index, begun));
        Ok(())
    }

    fn grow(&mut self, index: u64, delta: &Value, tell: &mut (dyn FnMut(&str) + Send)) {
        let Some((_, block)) = self.blocks.iter_mut().rev().find(|(at, _)| *at == index) else { return };
        match block {
            Block::Text(so_far) => {
                tell(text(delta, "text"));
                so_far.push_str(text(delta, "text"));
            }
            Block::Call { json, .. } => json.push_str(text(delta, "partial_json")),
            Block::Opaque(block) => {
                for key in ["thinking", "signature"] {
                    if let Some(more) = delta[key].as_str() {
                        block[key] = format!("{}{more}", text(block, key)).into();
                    }
                }
            }
        }
    }
}

impl Block {
    fn received(self) -> Received {
        match self {
            Block::Text(text) => Received::Text(text),
            Block::Call { id, name, given, json } => {
                // Some servers give the whole input at the start and nothing after.
                let arguments = if json.is_empty() { given.to_string() } else { json };
                Received::Call { id, name, arguments }
            }
            Block::Opaque(block) => Received::Opaque(block),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::decoded;
    use super::*;
    use crate::conversation::{Answer, ToolUse};

    #[test]
    fn an_answer_is_put_together() {
        let reply = decoded::<Events>(&[
            json!({"type": "message_start", "message": {"usage": {"input_tokens": 5, "cache_read_input_tokens": 90, "cache_creation_input_tokens": 5, "output_tokens": 1}}}),
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "s"}}),
            json!({"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}),
            json!({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "so"}}),
            json!({"type": "ping"}),
            json!({"type": "content_block_start", "index": 2, "content_block": {"type": "tool_use", "id": "t1", "name": "a", "input": {}}}),
            json!({"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": "{\"x\""}}),
            json!({"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": ":1}"}}),
            json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 9}}),
            json!({"type": "message_stop"}),
        ])
        .unwrap();
        assert_eq!(reply.usage, Usage { input: 100, cached: 90, cache_write: 5, output: 9 });
        assert_eq!(reply.parts[0], Received::Opaque(json!({"type": "thinking", "thinking": "hm", "signature": "s"})));
        assert_eq!(reply.parts[2], Received::Call { id: "t1".into(), name: "a".into(), arguments: "{\"x\":1}".into() });
    }

    #[test]
    fn an_answer_that_breaks_off_may_be_asked_for_again() {
        let broken = decoded::<Events>(&[
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "half"}}),
        ]);
        assert!(broken.unwrap_err().may_pass());
        let busy = decoded::<Events>(&[json!({"type": "error", "error": {"type": "overloaded_error"}})]);
        assert!(busy.unwrap_err().may_pass());
    }

    #[test]
    fn sides_alternate_and_ends_are_marked() {
        let call = Part::Call(ToolUse { id: "t1".into(), name: "a".into(), arguments: json!({}) });
        let entries = [
            Entry::user("task"),
            Entry::Model { parts: vec![Part::Text(" ".into()), call] },
            Entry::Tools { answers: vec![Answer::new("t1", "3", false)] },
            Entry::correction("go on"),
        ];
        let messages = messages(&entries);
        let roles: Vec<_> = messages.iter().map(|message| message["role"].as_str().unwrap()).collect();
        assert_eq!(roles, ["user", "assistant", "user"]);
        assert_eq!(messages[1]["content"].as_array().unwrap().len(), 1);
        assert_eq!(messages[2]["content"][0]["type"], "tool_result");
        let marks: Vec<_> = messages.iter().map(|message| message.to_string().matches("ephemeral").count()).collect();
        assert_eq!(marks, [1, 0, 1]);
    }
}
