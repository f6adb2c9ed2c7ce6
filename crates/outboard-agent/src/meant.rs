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
pub(crate) const SINGLE: &str = "call_tool";

/// A call that was meant.
#[derive(Debug, PartialEq)]
pub(crate) struct Meant {
    pub(crate) name: String,
    pub(crate) arguments: Value,
    /// What the model did instead, for people.
    pub(crate) instead: &'static str,
}

/// The call that a message without calls means, if it is certain.
pub(crate) fn meant(mode: Mode, text: &str, names: &Names, program_ran: bool) -> Option<Meant> {
    let text = text.trim();
    if let Some((name, arguments)) = written_call(mode, text, names) {
        return Some(Meant { name, arguments, instead: "a call written as text was made" });
    }
    if mode != Mode::Code || program_ran || names.tool(PROGRAMS).is_none() {
        return None;
    }
    let [Program { language, code }] = programs(text)[..] else { return None };
    let instead = "a program written as text was run";
    Some(Meant { name: PROGRAMS.into(), arguments: json!({"code": code, "language": language}), instead })
}

/// A function that was called as if it were a tool, as the call that makes it.
pub(crate) fn function(mode: Mode, name: &str, given: &Value, names: &Names) -> Option<Meant> {
    let is_function = name.contains('.') || name.contains("__");
    if mode != Mode::Code || !is_function || names.tool(SINGLE).is_none() || names.closest(name).is_some() {
        return None;
    }
    let arguments = json!({"tool": name, "arguments": given});
    let instead = "a function called as a tool was called through it";
    Some(Meant { name: SINGLE.into(), arguments, instead })
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
    if parts.len() % 2 == 0 {
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

/// The tool and arguments of a text that is a call and nothing else, with or without a fence or a tag.
fn written_call(mode: Mode, text: &str, names: &Names) -> Option<(String, Value)> {
    let start = text.find('{')?;
    let before = text[..start].trim();
    let is_marked =
        before.is_empty() || before.starts_with("```") || (before.starts_with('<') && before.ends_with('>'));
    let end = whole(&text[start..])?;
    let after = text[start + end..].trim();
    let is_closed = after.is_empty() || after.starts_with("```") || after.starts_with("</");
    if !is_marked || before.contains('\n') && !before.starts_with('<') || !is_closed {
        return None;
    }
    let (Arguments::Good(call) | Arguments::Repaired(call, _)) = arguments(&text[start..start + end]) else {
        return None;
    };
    let own = if call["function"].is_object() { &call["function"] } else { &call };
    let (name, given) = (own["name"].as_str()?, own.get("arguments").or(own.get("parameters"))?);
    let is_known = names.tool(name).is_some() || function(mode, name, given, names).is_some();
    (is_known && given.is_object()).then(|| (name.to_owned(), given.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names::new(&["run_code", "search_tools", "call_tool"].map(|name| json!({"name": name})))
    }

    fn taken(text: &str) -> Option<(String, Value)> {
        meant(Mode::Code, text, &names(), false).map(|meant| (meant.name, meant.arguments))
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
        assert_eq!(meant(Mode::Direct, text, &names(), false), None);
        assert_eq!(meant(Mode::Code, text, &names(), true), None);
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
        let function = "```json\n{\"name\": \"logs.listPages\", \"arguments\": {}}\n```";
        assert_eq!(taken(function), Some(("logs.listPages".to_owned(), json!({}))), "accepted as call_tool later");
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
    fn fences_within_arguments_are_taken_off() {
        let mut given = json!({"code": "```python\nx = 1\n```"});
        bare("run_code", &mut given);
        assert_eq!(given, json!({"code": "x = 1\n", "language": "python"}));
        let mut other = json!({"code": "return `a`"});
        bare("run_code", &mut other);
        assert_eq!(other, json!({"code": "return `a`"}));
    }
}
