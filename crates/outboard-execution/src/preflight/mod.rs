//! What a program would fail at, judged before it runs: the worker's own findings, and its calls against the catalogue.
//!
//! Never here: reading guest code, or refusing what may work. What is not certain becomes a note.

mod schema;
mod types;

use outboard_catalog::{Catalogue, Tool};
use outboard_codegen::signature;
use outboard_typecheck::Said;
use outboard_types::{ErrorCode, Language};
use outboard_worker_protocol::{PlannedCall, Preflight, Problem, Trouble};
use std::fmt::Write as _;

/// Problems told at once: with more of them the first ones are what to start with.
const TOLD: usize = 5;

/// Notes kept at most, and characters of a text that a worker sent.
const NOTES: usize = 20;
const LONGEST: usize = 600;

/// Calls that are judged at most.
const CALLS: usize = 200;

/// What there is to say of a program before it runs.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// What it certainly fails at, most useful first.
    pub(crate) problems: Vec<Problem>,
    /// What may be wrong, and what was repaired.
    pub(crate) notes: Vec<String>,
    /// What a type checker says of results and has a better word for.
    pub(crate) types: Vec<String>,
}

impl Verdict {
    /// Judges what a worker found, and what a type checker said. Nothing of either is trusted to be short or true; it
    /// concerns the worker's own program.
    pub(crate) fn new(found: Preflight, said: Vec<Said>, catalogue: &Catalogue) -> Self {
        let Preflight { mut problems, mut notes, calls, sure, text: _ } = found;
        problems.truncate(CALLS);
        for call in calls.iter().take(CALLS) {
            judge(call, catalogue, &mut problems, &mut notes);
        }
        let mut types = Vec::new();
        for one in said.into_iter().take(CALLS) {
            types::add(one, &calls, &sure, &mut problems, &mut notes, &mut types);
        }
        problems.sort_by_key(|problem| (rank(&problem.kind), problem.line, problem.column));
        problems.dedup_by(|later, first| later.kind == first.kind && later.message == first.message);
        notes.dedup();
        notes.truncate(NOTES);
        types.dedup();
        types.truncate(NOTES);
        let short = |notes: Vec<String>| notes.iter().map(|note| cut(note)).collect();
        Self { problems, notes: short(notes), types: short(types) }
    }

    /// The refusal, if anything is certainly wrong.
    pub(crate) fn refusal(&self, code: &str, language: Language, catalogue: &Catalogue) -> Option<Trouble> {
        let first = self.problems.first()?;
        let (count, told) = (self.problems.len(), self.problems.iter().take(TOLD));
        let plural = if count == 1 { "problem was" } else { "problems were" };
        let mut message = format!("{count} {plural} found before the program ran; nothing was called.");
        for (at, problem) in told.enumerate() {
            let (line, column) = (problem.line, problem.column);
            let _ = write!(message, "\n{}. line {line}, column {column}: {}", at + 1, cut(&problem.message));
            if let Ok(tool) = catalogue.find(&problem.server, &problem.tool)
                && let Some(server) = catalogue.server(tool.id.server.as_str())
            {
                let _ = write!(message, "\n   {}", signature(server, tool, language));
            }
        }
        if count > TOLD {
            let _ = write!(message, "\nand {} more", count - TOLD);
        }
        let excerpt = code.lines().nth(first.line.saturating_sub(1) as usize);
        Some(Trouble {
            code: ErrorCode::PreflightFailed.as_str().into(),
            message,
            line: Some(first.line),
            column: Some(first.column),
            excerpt: excerpt.map(|line| line.chars().take(400).collect()),
            hint: Some("correct these lines and send the whole program again; nothing has happened yet".into()),
            ..Trouble::default()
        })
    }
}

/// What to read first: what a whole program hangs on comes before single values.
fn rank(kind: &str) -> u8 {
    match kind {
        "unresolved_import" | "unknown_server" => 0,
        "unknown_function" => 1,
        "missing_argument" | "unknown_argument" | "wrong_value" => 2,
        "not_awaited" | "unknown_member" => 3,
        _ => 4,
    }
}

fn judge(call: &PlannedCall, catalogue: &Catalogue, problems: &mut Vec<Problem>, notes: &mut Vec<String>) {
    let found = match call.server.is_empty() {
        true => catalogue.find_joined(&call.tool),
        false => catalogue.find(&call.server, &call.tool),
    };
    let (faults, (server, tool)) = match found {
        Ok(tool) => (schema::faults(tool, &call.arguments), named(tool)),
        Err(error) => {
            let hint = error.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
            let message = format!("{}{hint}", error.message);
            (vec![schema::Fault { kind: "unknown_function", message, sure: true }], Default::default())
        }
    };
    for fault in faults {
        let schema::Fault { kind, message, sure } = fault;
        match call.certain && sure {
            true => problems.push(Problem {
                kind: kind.into(),
                line: call.line,
                column: call.column,
                message,
                server: server.clone(),
                tool: tool.clone(),
            }),
            false => notes.push(format!("line {}: {message}", call.line)),
        }
    }
}

fn named(tool: &Tool) -> (String, String) {
    (tool.id.server.to_string(), tool.id.tool.to_string())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_catalog::Listing;
    use outboard_types::ServerName;
    use serde_json::{json, value::RawValue};

    fn catalogue() -> Catalogue {
        let schema = json!({"type": "object", "required": ["id"], "additionalProperties": false, "properties": {
            "id": {"type": "string"}, "state": {"enum": ["open", "closed"]}, "limit": {"type": "integer"},
            "deep": {"type": "object", "properties": {"n": {"type": "number"}}}}});
        let raw = |value: serde_json::Value| RawValue::from_string(value.to_string()).unwrap();
        let tools = vec![
            raw(json!({"name": "get_customer", "inputSchema": schema})),
            raw(json!({"name": "open", "inputSchema": {"type": "object", "properties": {"documentId": {}}}})),
        ];
        let server = ServerName::new("crm").unwrap();
        Catalogue::build(1, vec![Listing { server, title: None, instructions: None, tools }])
    }

    fn verdict(calls: serde_json::Value) -> Verdict {
        Verdict::new(serde_json::from_value(json!({"calls": calls})).unwrap(), Vec::new(), &catalogue())
    }

    fn call(tool: &str, certain: bool, fields: serde_json::Value) -> serde_json::Value {
        json!({"server": "crm", "tool": tool, "line": 2, "column": 3, "certain": certain,
            "arguments": {"object": {"fields": fields, "open": false}}})
    }

    #[test]
    fn arguments_that_cannot_fit_are_named() {
        for (fields, told) in [
            (json!([]), "id"),
            (json!([["id", {"literal": 7}]]), "string"),
            (json!([["id", "unknown"], ["state", {"literal": "opn"}]]), "\"open\", \"closed\""),
            (json!([["id", "unknown"], ["limitt", {"literal": 1}]]), "did you mean \"limit\""),
            (json!([["id", {"list": []}]]), "string"),
            (json!([["id", {"kind": "array"}]]), "string"),
            (
                json!([["id", "unknown"], ["deep", {"object": {"fields": [["n", {"literal": "x"}]], "open": true}}]]),
                "deep.n",
            ),
        ] {
            let found = verdict(json!([call("get_customer", true, fields.clone())]));
            assert_eq!(found.problems.len(), 1, "{fields}: {found:?}");
            assert!(found.problems[0].message.contains(told), "{fields}: {found:?}");
            let found = verdict(json!([call("get_customer", false, fields)]));
            assert!(found.problems.is_empty() && found.notes.len() == 1, "{found:?}");
        }
    }

    #[test]
    fn what_may_fit_is_no_problem() {
        for fields in [
            json!([["id", "unknown"]]),
            json!([["id", {"kind": "string"}], ["limit", {"literal": 2.0}], ["state", {"literal": "open"}]]),
            json!([["id", {"literal": "a"}], ["limitt", "unknown"]]),
        ] {
            assert!(verdict(json!([call("get_customer", true, fields)])).problems.is_empty());
        }
        let near = verdict(json!([call("open", true, json!([["document_id", {"literal": 1}]]))]));
        assert!(near.problems.is_empty() && near.notes[0].contains("documentId"), "{near:?}");
    }

    #[test]
    fn schemas_without_end_are_left_alone() {
        let list: Vec<_> = (0..50).map(|_| json!({"$ref": "#/$defs/a"})).collect();
        let schema =
            json!({"$defs": {"a": {"anyOf": list, "type": "string"}}, "properties": {"x": {"$ref": "#/$defs/a"}}});
        let tool = RawValue::from_string(json!({"name": "t", "inputSchema": schema}).to_string()).unwrap();
        let server = ServerName::new("s").unwrap();
        let catalogue =
            Catalogue::build(1, vec![Listing { server, title: None, instructions: None, tools: vec![tool] }]);
        let call = json!({"server": "s", "tool": "t", "line": 1, "column": 1, "certain": true,
            "arguments": {"object": {"fields": [["x", {"literal": "a"}]], "open": false}}});
        let found = Verdict::new(serde_json::from_value(json!({"calls": [call]})).unwrap(), Vec::new(), &catalogue);
        assert!(found.problems.is_empty(), "{found:?}");
    }

    #[test]
    fn a_refusal_names_the_line_and_the_signature() {
        let found = verdict(json!([call("get_customer", true, json!([]))]));
        let trouble = found.refusal("a\nb\n", Language::TypeScript, &catalogue()).unwrap();
        assert_eq!((trouble.line, trouble.excerpt.as_deref()), (Some(2), Some("b")));
        assert!(trouble.message.contains("crm.getCustomer(input: {"), "{}", trouble.message);
        assert!(verdict(json!([])).refusal("", Language::Python, &catalogue()).is_none());
    }
}
