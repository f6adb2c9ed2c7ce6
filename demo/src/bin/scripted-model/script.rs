//! The script: what is said in which turn.

use serde_json::{Value, json};

/// Turns by what the request offers, and how far each list was used.
pub(crate) struct Script {
    /// Turns for requests without `run_code`, and for all if there is only one list.
    direct: (Vec<Value>, usize),
    /// Turns for requests with it.
    code: Option<(Vec<Value>, usize)>,
}

/// What a turn may hold.
const FIELDS: [&str; 14] = [
    "text",
    "calls",
    "refusal",
    "cut",
    "usage",
    "chunk",
    "status",
    "retry_after",
    "message",
    "overflow",
    "overloaded",
    "drop",
    "hang",
    "expect",
];

impl Script {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let script: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
        let list = |name: &str| match &script[name] {
            Value::Array(turns) => turns.iter().try_for_each(known).map(|()| Some((turns.clone(), 0))),
            Value::Null => Ok(None),
            _ => Err(format!("{name:?} has to be a list")),
        };
        match (list("turns")?, list("direct")?, list("code")?) {
            (Some(turns), None, None) => Ok(Self { direct: turns, code: None }),
            (None, Some(direct), Some(code)) => Ok(Self { direct, code: Some(code) }),
            _ => Err("a script holds \"turns\", or \"direct\" and \"code\"".into()),
        }
    }

    /// The next turn for a request; past the end, one that says so.
    pub(crate) fn next(&mut self, request: &str) -> Value {
        let list = match &mut self.code {
            Some(code) if request.contains("\"run_code\"") => code,
            _ => &mut self.direct,
        };
        let turn = list.0.get(list.1).cloned();
        list.1 += 1;
        turn.unwrap_or_else(|| json!({"text": "The script is at its end."}))
    }
}

fn known(turn: &Value) -> Result<(), String> {
    let fields = turn.as_object().ok_or("a turn has to be an object")?;
    match fields.keys().find(|key| !FIELDS.contains(&key.as_str())) {
        Some(key) => Err(format!("a turn holds {key:?}; known are {}", FIELDS.join(", "))),
        None => Ok(()),
    }
}

/// One call of a turn, its arguments as text.
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) arguments: String,
}

/// The calls of a turn. Ids differ from turn to turn: `number` is that of the turn.
pub(crate) fn calls(turn: &Value, number: usize, request: &str) -> Vec<Call> {
    let execution = last_execution(request);
    let calls = turn["calls"].as_array().into_iter().flatten().enumerate();
    let call = |(at, call): (usize, &Value)| {
        let arguments = call["raw"].as_str().map(str::to_owned).unwrap_or_else(|| match &call["arguments"] {
            Value::Null => "{}".to_owned(),
            arguments => arguments.to_string(),
        });
        Call {
            id: format!("call_s{number}_{at}"),
            name: call["name"].as_str().unwrap_or_default().to_owned(),
            arguments: arguments.replace("{execution}", &execution),
        }
    };
    calls.map(call).collect()
}

/// The last execution that the request names.
fn last_execution(request: &str) -> String {
    let Some(start) = request.rfind("ex_") else { return "ex_none".into() };
    request[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

/// A figure of the turn's usage, or one made up.
pub(crate) fn figure(turn: &Value, name: &str, else_: usize) -> u64 {
    turn["usage"][name].as_u64().unwrap_or(else_ as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_chosen_by_what_is_offered() {
        let mut script = Script::parse(r#"{"direct": [{"text": "d"}], "code": [{"text": "c"}]}"#).unwrap();
        assert_eq!(script.next("{\"name\":\"run_code\"}")["text"], "c");
        assert_eq!(script.next("{}")["text"], "d");
        assert_eq!(script.next("{}")["text"], "The script is at its end.");
    }

    #[test]
    fn slips_in_a_script_are_refused() {
        for bad in ["[]", r#"{"turns": [{"txt": ""}]}"#, r#"{"code": []}"#, r#"{"turns": {}}"#] {
            assert!(Script::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_call_can_name_the_last_execution() {
        let turn = json!({"calls": [{"name": "wait", "arguments": {"execution": "{execution}"}}]});
        assert_eq!(calls(&turn, 3, "ex_1 … ex_2b\\n")[0].arguments, "{\"execution\":\"ex_2b\"}");
    }
}
