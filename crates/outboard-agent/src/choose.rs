//! Direct calls or a program: a rule that a person can predict, and its reason.

use crate::prompts::Mode;

/// What was chosen, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The mode.
    pub mode: Mode,
    /// Why, in one sentence.
    pub why: String,
}

/// With more definitions than this, one program costs less than reading them in two turns.
const FEW: u64 = 2_000;

/// A task of more characters is not one small call.
const SHORT: usize = 240;

/// Words that ask for more than one call, or for work on what comes back.
const MANY: &[&str] = &[
    "all",
    "and",
    "average",
    "after",
    "before",
    "both",
    "compare",
    "copy",
    "count",
    "each",
    "every",
    "filter",
    "find",
    "for",
    "group",
    "how",
    "if",
    "list",
    "most",
    "per",
    "send",
    "sort",
    "sum",
    "summarise",
    "summarize",
    "then",
    "top",
    "total",
    "until",
    "unless",
    "update",
    "wait",
    "when",
    "whenever",
    "whose",
];

/// Chooses for a task, given how many tokens all definitions have.
pub fn choose(task: &str, definitions: u64) -> Choice {
    let code = |why: String| Choice { mode: Mode::Code, why };
    if definitions > FEW {
        return code(format!(
            "all definitions together have {definitions} tokens, more than {FEW}: a program needs to see only a few"
        ));
    }
    if task.chars().count() > SHORT {
        return code(format!("the task has more than {SHORT} characters, so it is not one small call"));
    }
    let lower = task.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric());
    if let Some(word) = words.into_iter().find(|word| MANY.contains(word)) {
        return code(format!("{word:?} in the task points to several calls or to work on their results"));
    }
    Choice { mode: Mode::Direct, why: format!("one small call, and all definitions have only {definitions} tokens") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_single_calls_are_direct_and_the_rest_is_code() {
        assert_eq!(choose("What does page 3 of the logs say?", 300).mode, Mode::Direct);
        for (task, definitions) in [
            ("What does page 3 of the logs say?", 5_000),
            ("Count the errors on each page.", 300),
            ("Get the document, then post it", 300),
            (&*"x".repeat(300), 300),
        ] {
            let choice = choose(task, definitions);
            assert_eq!(choice.mode, Mode::Code, "{task}: {}", choice.why);
        }
    }
}
