//! One turn as the events of each wire format.

use crate::script::{self, Call};
use crate::strict::Format;
use serde_json::{Value, json};

/// One turn, ready to be said.
pub(crate) struct Said<'a> {
    pub(crate) turn: &'a Value,
    pub(crate) calls: Vec<Call>,
    /// The size of the request, for figures that are made up.
    pub(crate) read: usize,
}

impl Said<'_> {
    pub(crate) fn text(&self) -> &str {
        self.turn["text"].as_str().unwrap_or_default()
    }

    pub(crate) fn refusal(&self) -> Option<&str> {
        self.turn["refusal"].as_str()
    }

    /// What is said, a refusal too.
    pub(crate) fn words(&self) -> &str {
        self.refusal().unwrap_or(self.text())
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.turn["cut"] == true
    }

    /// Why it ends, in Anthropic's words.
    pub(crate) fn anthropic_stop(&self) -> &'static str {
        match () {
            () if self.refusal().is_some() => "refusal",
            () if self.is_cut() => "max_tokens",
            () if self.calls.is_empty() => "end_turn",
            () => "tool_use",
        }
    }

    /// Why it ends, in the words of chat completions.
    pub(crate) fn chat_stop(&self) -> &'static str {
        match () {
            () if self.is_cut() => "length",
            () if self.calls.is_empty() => "stop",
            () => "tool_calls",
        }
    }

    pub(crate) fn usage(&self) -> (u64, u64, u64) {
        let written = self.text().len() + self.calls.iter().map(|call| call.arguments.len() + 8).sum::<usize>();
        let figure = |name, else_| script::figure(self.turn, name, else_);
        (figure("input", self.read / 4), figure("cached", 0), figure("output", written / 4 + 1))
    }
}

/// The events of a turn, as the text of a stream.
pub(crate) fn events(format: Format, said: &Said<'_>) -> String {
    match format {
        Format::Anthropic => anthropic(said),
        Format::Responses => responses(said),
        Format::Chat => chat(said),
    }
}

/// Text in two pieces, so that it has to be put together.
fn pieces(text: &str) -> [&str; 2] {
    let (first, second) = text.split_at(text.floor_char_boundary(text.len() / 2));
    [first, second]
}

fn typed(event: &Value) -> String {
    format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default())
}

fn anthropic(said: &Said<'_>) -> String {
    let (input, cached, output) = said.usage();
    let usage = json!({
        "input_tokens": input.saturating_sub(cached), "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": 0, "output_tokens": 1,
    });
    let mut text = typed(&json!({"type": "message_start", "message": {"role": "assistant", "usage": usage}}));
    text.push_str(&typed(&json!({"type": "ping"})));
    let mut block = |at: usize, start: Value, kind: &str, key: &str, content: &str| {
        text.push_str(&typed(&json!({"type": "content_block_start", "index": at, "content_block": start})));
        for piece in pieces(content) {
            let mut delta = json!({"type": kind});
            delta[key] = piece.into();
            text.push_str(&typed(&json!({"type": "content_block_delta", "index": at, "delta": delta})));
        }
        text.push_str(&typed(&json!({"type": "content_block_stop", "index": at})));
    };
    let words = said.words();
    let first = usize::from(!words.is_empty());
    if first == 1 {
        block(0, json!({"type": "text", "text": ""}), "text_delta", "text", words);
    }
    for (at, call) in said.calls.iter().enumerate() {
        let start = json!({"type": "tool_use", "id": call.id, "name": call.name, "input": {}});
        block(first + at, start, "input_json_delta", "partial_json", &call.arguments);
    }
    let stop = said.anthropic_stop();
    let end = json!({"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": output}});
    text + &typed(&end) + &typed(&json!({"type": "message_stop"}))
}

fn responses(said: &Said<'_>) -> String {
    let mut text = typed(&json!({"type": "response.created", "response": {"id": "resp_1"}}));
    let mut output = Vec::new();
    let words = said.words();
    if !words.is_empty() {
        for piece in pieces(words) {
            text.push_str(&typed(&json!({"type": "response.output_text.delta", "output_index": 0, "delta": piece})));
        }
        let content = match said.refusal() {
            Some(words) => json!({"type": "refusal", "refusal": words}),
            None => json!({"type": "output_text", "text": words}),
        };
        output.push(json!({"type": "message", "role": "assistant", "content": [content]}));
    }
    output.extend(said.calls.iter().map(
        |call| json!({"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}),
    ));
    for (at, item) in output.iter().enumerate() {
        text.push_str(&typed(&json!({"type": "response.output_item.done", "output_index": at, "item": item})));
    }
    let (input, cached, written) = said.usage();
    let usage = json!({
        "input_tokens": input, "input_tokens_details": {"cached_tokens": cached}, "output_tokens": written,
    });
    let response = json!({"output": output, "usage": usage});
    let end = match said.is_cut() {
        true => {
            let mut cut = response;
            cut["incomplete_details"] = json!({"reason": "max_output_tokens"});
            json!({"type": "response.incomplete", "response": cut})
        }
        false => json!({"type": "response.completed", "response": response}),
    };
    text + &typed(&end)
}

fn chat(said: &Said<'_>) -> String {
    let chunk = |delta: Value, reason: Option<&str>| {
        let chunk = json!({"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]});
        format!("data: {chunk}\n\n")
    };
    let mut text = String::from(": keeping the connection\n\n");
    for piece in pieces(said.text()) {
        text.push_str(&chunk(json!({"content": piece}), None));
    }
    if let Some(words) = said.refusal() {
        text.push_str(&chunk(json!({"refusal": words}), None));
    }
    for (at, call) in said.calls.iter().enumerate() {
        let [first, second] = pieces(&call.arguments);
        let begin = json!({
            "index": at, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": first},
        });
        text.push_str(&chunk(json!({"tool_calls": [begin]}), None));
        let more = json!({"index": at, "function": {"arguments": second}});
        text.push_str(&chunk(json!({"tool_calls": [more]}), None));
    }
    let (input, cached, output) = said.usage();
    let usage = json!({
        "prompt_tokens": input, "prompt_tokens_details": {"cached_tokens": cached}, "completion_tokens": output,
    });
    let usage = json!({"choices": [], "usage": usage});
    text + &chunk(json!({}), Some(said.chat_stop())) + &format!("data: {usage}\n\ndata: [DONE]\n\n")
}

/// The event that says within a stream that the provider is overloaded.
pub(crate) fn overloaded(format: Format) -> String {
    let error = json!({"type": "overloaded_error", "code": "server_error", "message": "Overloaded"});
    match format {
        Format::Anthropic => typed(&json!({"type": "error", "error": error})),
        Format::Responses => typed(&json!({"type": "response.failed", "response": {"error": error}})),
        Format::Chat => format!("data: {}\n\n", json!({"error": {"code": 503, "message": "Overloaded"}})),
    }
}

/// The body of an error.
pub(crate) fn error(format: Format, kind: &str, message: &str) -> Value {
    match format {
        Format::Anthropic => json!({"type": "error", "error": {"type": kind, "message": message}}),
        _ => json!({"error": {"type": kind, "code": kind, "message": message}}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_json_in_every_format() {
        let turn = json!({"text": "Zwölf", "usage": {"cached": 3}});
        let call = Call { id: "c".into(), name: "f".into(), arguments: "{\"é\":1}".into() };
        let said = Said { turn: &turn, calls: vec![call], read: 400 };
        for format in [Format::Anthropic, Format::Responses, Format::Chat] {
            let text = events(format, &said);
            let data = text.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
            assert!(data.map(serde_json::from_str::<Value>).all(|event| event.is_ok()), "{format:?}: {text}");
            assert!(text.contains("tool_use") || text.contains("function_call") || text.contains("tool_calls"));
        }
    }
}
