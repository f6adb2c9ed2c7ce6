//! What providers refuse in a request, refused here too.

use serde_json::Value;

/// The wire format of a request.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Format {
    Anthropic,
    Responses,
    Chat,
}

impl Format {
    pub(crate) fn of(path: &str) -> Option<Self> {
        let path = path.split('?').next().unwrap_or_default();
        [("/messages", Format::Anthropic), ("/responses", Format::Responses), ("/chat/completions", Format::Chat)]
            .into_iter()
            .find_map(|(end, format)| path.ends_with(end).then_some(format))
    }
}

/// Calls and results in the order in which a request tells them.
enum Step<'a> {
    Call(&'a str),
    Result(&'a str),
    Other,
}

/// Why a provider would not take the request.
pub(crate) fn refused(format: Format, body: &Value) -> Option<String> {
    if body["model"].as_str().is_none() {
        return Some("model: expected a name".into());
    }
    if let Some(name) = tools(format, body).into_iter().find(|name| !fits(name)) {
        return Some(format!("tools: the name {name:?} is not of letters, digits, _ and -, up to 64"));
    }
    let (steps, broken) = steps(format, body);
    broken.or_else(|| unpaired(&steps))
}

fn fits(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// The names of the tools that a request offers.
pub(crate) fn tools(format: Format, body: &Value) -> Vec<String> {
    let tools = body["tools"].as_array().into_iter().flatten();
    let name = |tool: &Value| match format {
        Format::Chat => tool["function"]["name"].as_str().unwrap_or_default().to_owned(),
        _ => tool["name"].as_str().unwrap_or_default().to_owned(),
    };
    tools.map(name).collect()
}

fn steps(format: Format, body: &Value) -> (Vec<Step<'_>>, Option<String>) {
    let (mut steps, mut broken) = (Vec::new(), None);
    let list = if format == Format::Responses { &body["input"] } else { &body["messages"] };
    let mut role = "";
    for message in list.as_array().into_iter().flatten() {
        match format {
            Format::Anthropic => {
                if message["role"] == role {
                    broken = Some(format!("messages: two of {role} in a row"));
                }
                role = message["role"].as_str().unwrap_or_default();
                blocks(message, &mut steps);
            }
            Format::Responses => steps.push(match message["type"].as_str() {
                Some("function_call") => Step::Call(id(message, "call_id")),
                Some("function_call_output") => Step::Result(id(message, "call_id")),
                _ => Step::Other,
            }),
            Format::Chat => match message["role"].as_str() {
                Some("tool") => steps.push(Step::Result(id(message, "tool_call_id"))),
                _ => {
                    steps.push(Step::Other);
                    let calls = message["tool_calls"].as_array().into_iter().flatten();
                    steps.extend(calls.map(|call| Step::Call(id(call, "id"))));
                }
            },
        }
        broken = broken.or_else(|| bad_arguments(message));
    }
    (steps, broken)
}

fn blocks<'a>(message: &'a Value, steps: &mut Vec<Step<'a>>) {
    for block in message["content"].as_array().into_iter().flatten() {
        steps.push(match block["type"].as_str() {
            Some("tool_use") => Step::Call(id(block, "id")),
            Some("tool_result") => Step::Result(id(block, "tool_use_id")),
            _ => Step::Other,
        });
    }
}

fn id<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// Arguments that are sent back have to be JSON.
fn bad_arguments(message: &Value) -> Option<String> {
    let of_calls = message["tool_calls"].as_array().into_iter().flatten().map(|call| &call["function"]["arguments"]);
    let texts = of_calls.chain([&message["arguments"]]).filter_map(Value::as_str);
    texts
        .into_iter()
        .find(|text| serde_json::from_str::<Value>(text).is_err())
        .map(|text| format!("arguments that are not JSON: {text}"))
}

/// Every call has its result before anything else is said, and every result its call.
fn unpaired(steps: &[Step<'_>]) -> Option<String> {
    let mut open: Vec<&str> = Vec::new();
    for step in steps {
        match step {
            Step::Call(id) => open.push(id),
            Step::Result(id) => match open.iter().position(|call| call == id) {
                Some(at) => drop(open.remove(at)),
                None => return Some(format!("a result for {id:?}, which is no open call")),
            },
            Step::Other if open.is_empty() => {}
            // Text between calls of one message is allowed; a list of calls goes on after it.
            Step::Other => {}
        }
    }
    open.first().map(|id| format!("the call {id:?} has no result"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_does_not_pair_is_refused() {
        let chat =
            |messages: Value| refused(Format::Chat, &json!({"model": "m", "stream": true, "messages": messages}));
        let call =
            json!({"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]});
        let result = json!({"role": "tool", "tool_call_id": "a", "content": "1"});
        assert_eq!(chat(json!([call, result])), None);
        assert!(chat(json!([call])).unwrap().contains("no result"));
        assert!(chat(json!([result])).unwrap().contains("no open call"));
        let half =
            json!({"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{"}}]});
        assert!(chat(json!([half, result])).unwrap().contains("not JSON"));
        let twice = json!({"model": "m", "stream": true, "messages": [{"role": "user"}, {"role": "user"}]});
        assert!(refused(Format::Anthropic, &twice).unwrap().contains("in a row"));
        let named = json!({"model": "m", "stream": true, "tools": [{"name": "a.b"}]});
        assert!(refused(Format::Responses, &named).unwrap().contains("a.b"));
    }
}
