//! One turn as one JSON answer, for requests that do not ask for a stream.

use crate::formats::Said;
use crate::strict::Format;
use serde_json::{Value, json};

/// The answer, with the fields that clients insist on.
pub(crate) fn answer(format: Format, said: &Said<'_>, model: &str) -> Value {
    match format {
        Format::Anthropic => anthropic(said, model),
        Format::Responses => responses(said, model),
        Format::Chat => chat(said, model),
    }
}

fn anthropic(said: &Said<'_>, model: &str) -> Value {
    let (input, cached, output) = said.usage();
    let mut content = Vec::new();
    let words = said.words();
    if !words.is_empty() {
        content.push(json!({"type": "text", "text": words}));
    }
    content.extend(said.calls.iter().map(|call| {
        let input: Value = serde_json::from_str(&call.arguments).unwrap_or_default();
        json!({"type": "tool_use", "id": call.id, "name": call.name, "input": input})
    }));
    json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": content,
        "stop_reason": said.anthropic_stop(), "stop_sequence": null,
        "usage": {
            "input_tokens": input.saturating_sub(cached), "cache_read_input_tokens": cached,
            "cache_creation_input_tokens": 0, "output_tokens": output,
        },
    })
}

fn responses(said: &Said<'_>, model: &str) -> Value {
    let (input, cached, written) = said.usage();
    let mut output = Vec::new();
    if let Some(words) = said.refusal() {
        output.push(message(json!({"type": "refusal", "refusal": words})));
    } else if !said.text().is_empty() {
        output.push(message(json!({"type": "output_text", "text": said.text(), "annotations": []})));
    }
    output.extend(said.calls.iter().map(|call| {
        json!({
            "type": "function_call", "id": format!("fc_{}", call.id), "status": "completed",
            "call_id": call.id, "name": call.name, "arguments": call.arguments,
        })
    }));
    let cut = said.is_cut();
    json!({
        "id": "resp_1", "object": "response", "created_at": 0, "model": model, "output": output,
        "status": if cut { "incomplete" } else { "completed" },
        "incomplete_details": if cut { json!({"reason": "max_output_tokens"}) } else { Value::Null },
        "error": null, "parallel_tool_calls": true, "tool_choice": "auto", "tools": [],
        "usage": {
            "input_tokens": input, "input_tokens_details": {"cached_tokens": cached}, "output_tokens": written,
            "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": input + written,
        },
    })
}

fn message(content: Value) -> Value {
    json!({"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [content]})
}

fn chat(said: &Said<'_>, model: &str) -> Value {
    let (input, cached, output) = said.usage();
    let mut message = json!({"role": "assistant", "content": said.text(), "refusal": said.refusal()});
    if !said.calls.is_empty() {
        let call = |call: &crate::script::Call| json!({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}});
        message["tool_calls"] = said.calls.iter().map(call).collect();
    }
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": said.chat_stop()}],
        "usage": {
            "prompt_tokens": input, "prompt_tokens_details": {"cached_tokens": cached},
            "completion_tokens": output, "total_tokens": input + output,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Call;

    #[test]
    fn a_call_is_whole_in_every_format() {
        let turn = json!({"text": "Look", "usage": {"cached": 3}});
        let call = Call { id: "c".into(), name: "f".into(), arguments: "{\"é\":1}".into() };
        let said = Said { turn: &turn, calls: vec![call], read: 400 };
        let anthropic = answer(Format::Anthropic, &said, "m");
        assert_eq!(
            (&anthropic["content"][1]["input"]["é"], &anthropic["stop_reason"]),
            (&json!(1), &json!("tool_use"))
        );
        let responses = answer(Format::Responses, &said, "m");
        assert_eq!((&responses["output"][1]["call_id"], &responses["status"]), (&json!("c"), &json!("completed")));
        let chat = answer(Format::Chat, &said, "m");
        assert_eq!(chat["choices"][0]["message"]["tool_calls"][0]["function"]["name"], "f");
        assert_eq!(chat["choices"][0]["finish_reason"], "tool_calls");
    }
}
