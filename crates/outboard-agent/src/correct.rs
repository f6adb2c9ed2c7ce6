//! Words that put a model right instead of failing it.

use crate::meant::has_program;
use crate::names::Names;
use crate::prompts::Mode;
use serde_json::Value;

/// What a call of an unknown tool is answered with.
pub(crate) fn unknown_tool(mode: Mode, name: &str, names: &Names) -> String {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
    if let Some(close) = names.closest(name) {
        return format!("there is no tool {shown:?}; did you mean {close:?}? Nothing was called.");
    }
    let known: Vec<&str> = names.definitions().iter().map(|definition| definition.name.as_str()).take(40).collect();
    let known = known.join(", ");
    match mode {
        Mode::Code => format!(
            "there is no tool {shown:?}. Functions of servers are called from a program with run_code, or one at a \
             time with call_tool {{\"tool\": \"…\", \"arguments\": {{…}}}}; find their names with search_tools. \
             Your tools: {known}. Nothing was called."
        ),
        Mode::Direct => format!("there is no tool {shown:?}. Your tools: {known}. Nothing was called."),
    }
}

/// What unreadable arguments are answered with.
pub(crate) fn bad_arguments(why: &str, cut: bool, is_program: bool) -> String {
    let advice = match (cut, is_program) {
        (true, _) => "Your answer was cut off because it was too long: write a shorter one.",
        (false, true) => {
            "Write {\"code\": \"…\"} with \" as \\\" and line breaks as \\n; or write no call, and the program alone \
             as text between ```typescript and ```: it is run too."
        }
        (false, false) => "Write one JSON object; inside strings escape \" as \\\" and line breaks as \\n.",
    };
    format!("{why}. Nothing was called. {advice}")
}

/// What a call that was made too often is answered with.
pub(crate) const REPEATED: &str = "you made exactly this call several times and it gave the same result each time, so \
                                   it was not made again. Use the result that you have, change the call, or answer \
                                   the user.";

/// What is told beside a result that a call gave before.
pub(crate) const AGAIN: &str =
    "\nnote: this is what the same call gave before. Answer the user with it, in plain text.";

/// What a call that stands twice in one turn is answered with.
pub(crate) const TWICE: &str = "this is the same call as one before it in your message; it was made once. Read its result \
                                first; if it is meant twice, make it again.";

/// What calls beyond the most of one turn are answered with.
pub(crate) fn too_many(most: usize) -> String {
    format!("not called: one turn makes at most {most} calls. Call again, or use one program for many calls.")
}

/// What is wrong with a message without calls that is no answer, and what to say about it.
pub(crate) fn not_an_answer(mode: Mode, text: &str, names: &Names) -> Option<(&'static str, String)> {
    let text = text.trim();
    if text.is_empty() {
        let say = "Your message was empty. Go on with the task, or answer the user.";
        return Some(("an empty message", say.to_owned()));
    }
    if let Some(name) = written_call(text, names) {
        let say = format!(
            "You wrote a call of {name} as text, so nothing was called. Make it as a tool call. \
             If the text was your answer, give it again."
        );
        return Some(("a call written as text", say));
    }
    if mode == Mode::Code && has_program(text) {
        let say = "You wrote a program into your message, so it did not run. To run it, call run_code with it. \
                   If the program itself is your answer, give it again.";
        return Some(("a program written as text", say.to_owned()));
    }
    None
}

/// The tool whose call was written as JSON text, with or without a fence or a tag.
fn written_call(text: &str, names: &Names) -> Option<String> {
    let start = text.find('{')?;
    let before = text[..start].trim_end();
    let marked = before.is_empty() || before.ends_with("```json") || before.ends_with("```") || before.ends_with('>');
    if !marked {
        return None;
    }
    // The first value of the text: what follows it does not matter.
    let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
    let value = values.next()?.ok()?;
    let name = value["name"].as_str().or(value["function"]["name"].as_str())?;
    let call = value.get("arguments").or(value.get("parameters")).or(value["function"].get("arguments"));
    (call.is_some() && names.tool(name).is_some()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names() -> Names {
        Names::new(&[json!({"name": "run_code"}), json!({"name": "search_tools"})])
    }

    #[test]
    fn programs_and_calls_as_text_are_noticed() {
        let what = |text: &str| not_an_answer(Mode::Code, text, &names()).map(|(what, _)| what);
        assert_eq!(what("Here:\n```typescript\nreturn await slack.list()\n```"), Some("a program written as text"));
        assert_eq!(what("{\"name\": \"run_code\", \"arguments\": {\"code\": \"1\"}}"), Some("a call written as text"));
        assert_eq!(
            what("<tool_call>\n{\"name\": \"run_code\", \"arguments\": {}}\n</tool_call>"),
            Some("a call written as text")
        );
        assert_eq!(what(" \n"), Some("an empty message"));
    }

    #[test]
    fn answers_are_answers() {
        for text in [
            "There are 12 errors.",
            "```python\nprint('hello')\n```",
            "The record is {\"name\": \"Ada\", \"arguments\": 1}",
            "{\"name\": \"Ada\", \"arguments\": 1}",
            "```json\n{\"a\": 1}\n```",
        ] {
            assert_eq!(not_an_answer(Mode::Code, text, &names()), None, "{text}");
        }
        let direct = not_an_answer(Mode::Direct, "```ts\nawait x\n```", &names());
        assert_eq!(direct, None);
    }

    #[test]
    fn a_typo_is_named_and_a_function_is_sent_to_a_program() {
        assert!(unknown_tool(Mode::Code, "run_cod", &names()).contains("did you mean \"run_code\""));
        assert!(unknown_tool(Mode::Code, "google-drive__get_document", &names()).contains("from a program"));
    }
}
