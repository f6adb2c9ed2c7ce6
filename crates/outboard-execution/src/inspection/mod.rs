//! What a program holds, before it runs: the worker reads its syntax, this module its text.
//!
//! The findings go into the execution's record; rules can refuse the program, alerts go to the log. None
//! of it is a boundary: the jail and the gateway hold whatever a program hides.

mod secrets;

use outboard_catalog::Catalogue;
use outboard_typecheck::TypeChecks;
use outboard_types::{ErrorCode, ToolError};
use outboard_worker_protocol::Inspection;
use serde::{Deserialize, Serialize};

/// Shortest run of encoded characters that counts as a blob; long names and digests stay below it.
const BLOB: usize = 256;

/// Encoded data has at least so many different characters in so long a run; rulers and padding have fewer.
const FEWEST_KINDS: u32 = 10;

/// Most findings of one kind that are kept, and most letters of one; imports are more, as rules look at them.
const MOST: usize = 64;
const MOST_IMPORTS: usize = 1_000;
const MOST_LETTERS: usize = 200;

/// What a program holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// Modules that it imports, as written.
    pub imports: Vec<String>,
    /// Tools that it names, as `server.tool`; only those that exist.
    pub tools: Vec<String>,
    /// Evaluation of text as code, with the line.
    pub dynamic: Vec<String>,
    /// Secrets of known formats: their kind and line, never the secret.
    pub secrets: Vec<String>,
    /// Long encoded texts: their size and line.
    pub blobs: Vec<String>,
    /// What may be wrong with it, and what was repaired, each with the line.
    #[serde(default)]
    pub notes: Vec<String>,
    /// What it reads of results that they are not declared to have, each with what may be meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
}

/// What the operator refuses. By default findings are recorded, and only what certainly fails is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InspectionRules {
    /// Whether a program that certainly fails is refused before it runs.
    pub preflight: bool,
    /// Each one of `dynamic`, `secrets`, `blobs`, `import:MODULE` or `tool:SERVER.TOOL`; `*` stands for any
    /// characters in the last two.
    pub refuse: Vec<String>,
    /// Who looks at types; nobody without it.
    pub types: Option<TypeChecks>,
}

impl Default for InspectionRules {
    fn default() -> Self {
        Self { preflight: true, refuse: Vec::new(), types: None }
    }
}

impl InspectionRules {
    /// Accepts only rules that can be understood; otherwise says what they may be.
    pub fn new(refuse: Vec<String>) -> Result<Self, String> {
        let known = |rule: &String| {
            matches!(rule.as_str(), "dynamic" | "secrets" | "blobs")
                || rule.strip_prefix("import:").or(rule.strip_prefix("tool:")).is_some_and(|name| !name.is_empty())
        };
        match refuse.iter().find(|rule| !known(rule)) {
            None => Ok(Self { refuse, ..Self::default() }),
            Some(rule) => Err(format!(
                "{rule:?} is not a rule; use \"dynamic\", \"secrets\", \"blobs\", \"import:MODULE\" or \"tool:SERVER.TOOL\""
            )),
        }
    }

    /// The refusal that the rules ask for.
    pub(crate) fn check(&self, findings: &Findings) -> Result<(), ToolError> {
        for rule in &self.refuse {
            let hit = match rule.split_once(':') {
                Some(("import", pattern)) => findings.imports.iter().find(|name| fits(pattern, name)),
                Some((_, pattern)) => findings.tools.iter().find(|name| fits(pattern, name)),
                None if rule == "dynamic" => findings.dynamic.first(),
                None if rule == "secrets" => findings.secrets.first(),
                None => findings.blobs.first(),
            };
            if let Some(hit) = hit {
                return Err(ToolError::new(ErrorCode::ProgramRefused, format!("the program holds {hit}"))
                    .hint(format!("inspection.refuse holds {rule:?}; write the program without it")));
            }
        }
        Ok(())
    }
}

impl Findings {
    /// Joins what the worker read of the syntax with what the text shows.
    pub(crate) fn new(read: Inspection, code: &str, catalogue: &Catalogue) -> Self {
        let tools = read.tools.iter().filter_map(|name| catalogue.find_joined(name).ok());
        let mut tools: Vec<String> = tools.map(|tool| tool.id.to_string()).collect();
        tools.dedup();
        let (imports, dynamic) = (bounded(read.imports, MOST_IMPORTS), bounded(read.dynamic, MOST));
        Self { imports, tools, dynamic, secrets: secrets::find(code), blobs: blobs(code), ..Self::default() }
    }

    /// Writes to the log what somebody should look at.
    pub(crate) fn alert(&self, execution: &outboard_types::ExecutionId) {
        for (what, found) in [("secrets", &self.secrets), ("blobs", &self.blobs), ("dynamic", &self.dynamic)] {
            if !found.is_empty() {
                tracing::warn!(%execution, what, found = found.join("; "), "inspection of a program");
            }
        }
    }
}

/// A worker's own list, as far as it is kept.
fn bounded(list: Vec<String>, most: usize) -> Vec<String> {
    let short =
        |text: String| if text.len() <= MOST_LETTERS { text } else { text.chars().take(MOST_LETTERS).collect() };
    list.into_iter().take(most).map(short).collect()
}

/// The kind and line of each secret in a text; never the secret.
pub(crate) fn secrets(text: &str) -> Vec<String> {
    secrets::find(text)
}

/// Matches `*` as any characters, by pieces.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut left) = name.strip_prefix(head) else { return false };
    let pieces: Vec<&str> = rest.split('*').collect();
    let (last, middle) = pieces.split_last().unwrap_or((&"", &[]));
    for piece in middle {
        match left.find(piece) {
            Some(at) => left = &left[at + piece.len()..],
            None => return false,
        }
    }
    left.ends_with(last)
}

fn blobs(code: &str) -> Vec<String> {
    let encoded = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_');
    let (mut found, mut line, mut run, mut kinds) = (Vec::new(), 1, 0, 0u128);
    for byte in code.bytes().chain([b'\n']) {
        match encoded(byte) {
            true => (run, kinds) = (run + 1, kinds | 1 << byte),
            false => {
                if run >= BLOB && kinds.count_ones() >= FEWEST_KINDS && found.len() < MOST {
                    found.push(format!("an encoded text of {run} characters, line {line}"));
                }
                (run, kinds) = (0, 0);
            }
        }
        line += usize::from(byte == b'\n');
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_names() {
        for (pattern, name, expected) in [
            ("ctypes", "ctypes", true),
            ("ctypes", "ctypes.util", false),
            ("os*", "os.path", true),
            ("*.delete_*", "crm.delete_all", true),
            ("a*b*c", "a-c-b", false),
            ("*", "", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn rules_refuse_what_they_name() {
        let findings = Findings {
            imports: vec!["ctypes".into()],
            blobs: blobs(&format!("a = 1\nb = '{}'\n#{}\n", "aGVsbG8gd29ybGQsIGhl".repeat(16), "-".repeat(400))),
            ..Findings::default()
        };
        assert_eq!(findings.blobs, ["an encoded text of 320 characters, line 2"], "a ruler is none");
        let check = |rule: &str| InspectionRules::new(vec![rule.into()]).unwrap().check(&findings);
        assert_eq!(check("blobs").unwrap_err().code, ErrorCode::ProgramRefused);
        assert!(check("import:ctypes").unwrap_err().hint.unwrap().contains("import:ctypes"));
        assert!(check("secrets").is_ok() && check("import:os").is_ok() && check("tool:*").is_ok());
        assert!(InspectionRules::new(vec!["evil".into()]).unwrap_err().contains("is not a rule"));
    }
}
