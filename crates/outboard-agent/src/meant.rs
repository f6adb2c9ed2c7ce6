//! Calls that a model means and does not make: written into its message, or under the name of a function.
//!
//! Small models do this most of the time. What they mean is taken where it is certain: one program in one fence that
//! uses functions of servers, before any program ran; a whole JSON text that names a tool and its arguments; a call of
//! `server.function` where calls go through `call_tool`. Everything else is left to a correction. Nothing is allowed
//! that a call would not be: what is taken goes the way of every call.

use crate::names::Names;
use crate::prompts::Mode;
use crate::repair::{Arguments, arguments, whole};
use serde_json::{Value, json};

/// The tool that runs programs.
pub(crate) const PROGRAMS: &str = "run_code";

/// The tool that makes one call.
const SINGLE: &str = "call_tool";

const CALL_AS_TEXT: &str = "a call written as text was made";
const PROGRAM_AS_TEXT: &str = "a program written as text was run";
const FUNCTION_AS_TOOL: &str = "a function called as a tool was called through it";

/// A call that was meant.
#[derive(Debug, PartialEq)]
pub(crate) struct Meant {
    pub(crate) name: String,
    pub(crate) arguments: Value,
    /// What the model did instead, for people.
    pub(crate) instead: &'static str,
}

impl Meant {
    /// Whether the message was this call and nothing else.
    pub(crate) fn is_whole_text(&self) -> bool {
        self.instead != PROGRAM_AS_TEXT
    }

    /// Whether it is another one, however that was written.
    fn is(&self, other: &Meant) -> bool {
        (&self.name, &self.arguments) == (&other.name, &other.arguments)
    }
}

/// What a message without calls means, if it is certain: one call or more.
pub(crate) fn meant(mode: Mode, text: &str, names: &Names, program_ran: bool) -> Vec<Meant> {
    let text = text.trim();
    let calls = written_calls(mode, text, names);
    if !calls.is_empty() || mode != Mode::Code || program_ran || names.tool(PROGRAMS).is_none() {
        return calls;
    }
    let [Program { language, code }] = programs(text)[..] else { return Vec::new() };
    let arguments = json!({"code": code, "language": language});
    vec![Meant { name: PROGRAMS.into(), arguments, instead: PROGRAM_AS_TEXT }]
}

/// A function that was called as if it were a tool, as the call that makes it.
pub(crate) fn function(mode: Mode, name: &str, given: &Value, names: &Names) -> Option<Meant> {
    let is_function = name.contains('.') || name.contains("__");
    let is_meant = mode == Mode::Code && is_function && names.closest(name).is_none();
    if is_meant { single(name, given, names) } else { None }
}

fn single(name: &str, given: &Value, names: &Names) -> Option<Meant> {
    names.tool(SINGLE)?;
    let arguments = json!({"tool": name, "arguments": given});
    Some(Meant { name: SINGLE.into(), arguments, instead: FUNCTION_AS_TOOL })
}

/// A program without the fence around it, which some models write into arguments too.
pub(crate) fn bare(name: &str, given: &mut Value) {
    let Some(code) = given["code"].as_str().filter(|code| name == PROGRAMS && code.trim_start().starts_with("```"))
    else {
        return;
    };
    let Some((language, inside)) = code.trim().strip_prefix("```").and_then(|rest| rest.split_once('\n')) else {
        return;
    };
    let (language, inside) = (known(language), inside.strip_suffix("```").unwrap_or(inside).to_owned());
    if let Some(language) = language.filter(|_| given["language"].is_null()) {
        given["language"] = json!(language);
    }
    given["code"] = json!(inside);
}

/// Whether a call was refused, and so not made, because of a null.
pub(crate) fn refuses_null(text: &str) -> bool {
    text.starts_with("error invalid_arguments") && text.contains("null is not of type")
}

/// Arguments without those that are null, which is how some models leave one out; none where no argument is.
pub(crate) fn without_nulls(given: &Value) -> Option<Value> {
    let mut less = given.clone();
    let inner = if less["arguments"].is_object() { less["arguments"].as_object_mut() } else { less.as_object_mut() }?;
    let before = inner.len();
    inner.retain(|_, value| !value.is_null());
    let is_less = inner.len() < before;
    is_less.then_some(less)
}

/// A fenced program that uses functions of servers.
struct Program<'a> {
    language: &'static str,
    code: &'a str,
}

/// The language of a fence, as `run_code` names it.
fn known(fence: &str) -> Option<&'static str> {
    match fence.trim().to_ascii_lowercase().as_str() {
        "typescript" | "ts" | "javascript" | "js" | "tsx" | "jsx" => Some("typescript"),
        "python" | "py" | "python3" => Some("python"),
        _ => None,
    }
}

fn programs(text: &str) -> Vec<Program<'_>> {
    const USES: [&str; 6] = ["servers", "await ", "callMCPTool", "call_mcp_tool", "import ", "/workspace"];
    // A fence that nothing closes was cut, or is none.
    let mut parts: Vec<&str> = text.split("```").collect();
    if parts.len().is_multiple_of(2) {
        parts.pop();
    }
    let blocks = parts.into_iter().skip(1).step_by(2);
    let program = |block: &'_ str| -> Option<(&'static str, usize)> {
        let (language, body) = block.split_once('\n')?;
        let language = known(language)?;
        USES.iter().any(|word| body.contains(word)).then_some((language, block.len() - body.len()))
    };
    blocks
        .filter_map(|block| program(block).map(|(language, at)| Program { language, code: block[at..].trim() }))
        .collect()
}

/// Whether a text holds a fenced program that uses servers.
pub(crate) fn has_program(text: &str) -> bool {
    !programs(text).is_empty()
}

/// The calls of a text that is calls and nothing else, with or without fences or tags; each once.
fn written_calls(mode: Mode, text: &str, names: &Names) -> Vec<Meant> {
    let (mut calls, mut rest) = (Vec::new(), text);
    while let Some(start) = rest.find('{') {
        if !is_around(&rest[..start]) {
            return Vec::new();
        }
        let Some(length) = whole(&rest[start..]) else { return Vec::new() };
        let Some(call) = written_call(mode, &rest[start..start + length], names) else { return Vec::new() };
        if !calls.iter().any(|other: &Meant| other.is(&call)) {
            calls.push(call);
        }
        rest = &rest[start + length..];
    }
    if is_around(rest) { calls } else { Vec::new() }
}

/// Whether a text may stand around calls: fences, tags, commas, or nothing.
fn is_around(text: &str) -> bool {
    let is_mark = |word: &str| {
        word.starts_with("```")
            || word == ","
            || word == "["
            || word == "]"
            || (word.starts_with('<') && word.ends_with('>'))
    };
    text.split_whitespace().all(is_mark)
}

fn written_call(mode: Mode, text: &str, names: &Names) -> Option<Meant> {
    let (Arguments::Good(call) | Arguments::Repaired(call, _)) = arguments(text) else { return None };
    let own = if call["function"].is_object() { &call["function"] } else { &call };
    let (name, given) = (own["name"].as_str()?, own.get("arguments").or(own.get("parameters"))?);
    if !given.is_object() {
        return None;
    }
    let known = || Meant { name: name.to_owned(), arguments: given.clone(), instead: CALL_AS_TEXT };
    match names.tool(name) {
        Some(_) => Some(known()),
        // The catalogue knows which server's function it is, or says what is like it.
        None if mode == Mode::Code && is_like_a_function(name) && !names.has_nearly(name) => single(name, given, names),
        None => function(mode, name, given, names),
    }
}

/// `search_logs` and `searchLogs`, but not `Ada`.
fn is_like_a_function(name: &str) -> bool {
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_joined = name.contains('_') || name.chars().any(|c| c.is_ascii_uppercase());
    is_plain && is_joined && name.starts_with(|c: char| c.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names::new(&["run_code", "search_tools", "call_tool"].map(|name| json!({"name": name})))
    }

    fn taken(text: &str) -> Option<(String, Value)> {
        let mut all = meant(Mode::Code, text, &names(), false);
        assert!(all.len() <= 1, "{all:?}");
        all.pop().map(|meant| (meant.name, meant.arguments))
    }

    #[test]
    fn one_program_in_a_fence_is_run() {
        let text = "I will look:\n```ts\nreturn await logs.listPages()\n```\nThis counts them.";
        let call = ("run_code".to_owned(), json!({"code": "return await logs.listPages()", "language": "typescript"}));
        assert_eq!(taken(text), Some(call));
        assert_eq!(taken("```python\nfrom servers.logs import x\n```").unwrap().1["language"], "python");
        for text in [
            "```ts\nawait a()\n```\nor\n```ts\nawait b()\n```",
            "```ts\nawait half(",
            "```sh\nimport x\n```",
            "```ts\nconst x = 1;\n```",
        ] {
            assert_eq!(taken(text), None, "{text}");
        }
        let text = "```ts\nawait a()\n```";
        assert_eq!(meant(Mode::Direct, text, &names(), false), []);
        assert_eq!(meant(Mode::Code, text, &names(), true), []);
    }

    #[test]
    fn a_call_that_is_the_whole_text_is_made() {
        let call = ("search_tools".to_owned(), json!({"query": "a { \" b"}));
        let json = "{\"name\": \"search_tools\", \"arguments\": {\"query\": \"a { \\\" b\"}}";
        for text in [
            json.to_owned(),
            format!("```json\n{json}\n```"),
            format!("<tool_call>\n{json}\n</tool_call>"),
            json.replace("arguments", "parameters"),
            format!("{{\"type\": \"function\", \"function\": {json}}}"),
            format!("```\n{}\n```", json.replace("\"}}", "\",}}")),
        ] {
            assert_eq!(taken(&text), Some(call.clone()), "{text}");
        }
        let function = "{\"name\": \"logs.listPages\", \"arguments\": {}}";
        let through = json!({"tool": "logs.listPages", "arguments": {}});
        assert_eq!(taken(function), Some(("call_tool".to_owned(), through.clone())));
        let bare = "{\"name\": \"search_logs\", \"arguments\": {\"query\": \"x\"}}";
        assert_eq!(taken(bare).unwrap().1["tool"], "search_logs");
        assert_eq!(taken(&bare.replace("search_logs", "run_cod")), None);
        let twice = format!("```json\n{function}\n```\n{}", json!({"name": "call_tool", "arguments": through}));
        assert_eq!(meant(Mode::Code, &twice, &names(), true).len(), 1, "it is the same call");
        assert_eq!(meant(Mode::Code, &format!("{json}\n{json}"), &names(), true).len(), 1);
        let template = "{\"name\": \"run_code\", \"arguments\": {\"code\": `const a = \"x\";\nreturn a;`}}";
        assert_eq!(taken(template).unwrap().1["code"], "const a = \"x\";\nreturn a;");
    }

    #[test]
    fn what_is_shown_or_unknown_is_not_made() {
        for text in [
            "{\"name\": \"Ada\", \"arguments\": {}}",
            "{\"name\": \"run_code\", \"arguments\": 1}",
            "I called {\"name\": \"run_code\", \"arguments\": {}} before.",
            "{\"name\": \"run_code\", \"arguments\": {}} gave 3.",
            "{\"name\": \"run_code\", \"arguments\": {\"code\": \"await slack",
        ] {
            assert_eq!(taken(text), None, "{text}");
        }
    }

    #[test]
    fn functions_go_through_the_tool_for_single_calls() {
        let given = json!({"page": 1});
        let call = function(Mode::Code, "logs.getPage", &given, &names()).unwrap();
        assert_eq!((call.name.as_str(), &call.arguments["tool"]), ("call_tool", &json!("logs.getPage")));
        assert!(function(Mode::Code, "getPage", &given, &names()).is_none());
        assert!(function(Mode::Direct, "logs.getPage", &given, &names()).is_none());
        assert!(function(Mode::Code, "run__code", &given, &names()).is_none());
    }

    #[test]
    fn nulls_are_left_out_where_they_are_refused() {
        assert!(refuses_null("error invalid_arguments: limit: null is not of type \"integer\""));
        let call = json!({"tool": "a.b", "arguments": {"q": 1, "limit": null}});
        assert_eq!(without_nulls(&call), Some(json!({"tool": "a.b", "arguments": {"q": 1}})));
        assert_eq!(without_nulls(&json!({"q": 1})), None);
    }

    #[test]
    fn fences_within_arguments_are_taken_off() {
        let mut given = json!({"code": "```python\nx = 1\n```"});
        bare("run_code", &mut given);
        assert_eq!(given, json!({"code": "x = 1\n", "language": "python"}));
        let mut other = json!({"code": "return `a`"});
        bare("run_code", &mut other);
        assert_eq!(other, json!({"code": "return `a`"}));
    }
}
