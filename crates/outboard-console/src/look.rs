//! What can be looked at: one word a page part, with what narrows it down.

use outboard_types::{ErrorCode, ToolError};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Parameters that are numbers; all others are texts.
const NUMBERS: [&str; 6] = ["limit", "after", "before_ms", "before", "number", "hours"];

/// Longest parameter, in bytes: arguments for a dry run of the rules.
const LONGEST: usize = 64 << 10;

/// What somebody wants to see.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum Look {
    /// A page of executions, newest first: `{rows, next, looked_at}`.
    Executions(ExecutionsLook),
    /// One execution: program, report, tokens, what is open, questions.
    Execution {
        /// Its id.
        id: String,
    },
    /// A page of its calls by number: `{rows, total}`.
    Calls {
        /// The execution.
        id: String,
        /// Behind this number.
        #[serde(default)]
        after: u64,
        /// At most so many.
        #[serde(default)]
        limit: Option<usize>,
    },
    /// One call with arguments and answer.
    Call {
        /// The execution.
        id: String,
        /// The number.
        number: u64,
    },
    /// A page of what the journal has of it: `{rows}`.
    Events {
        /// The execution.
        id: String,
        /// Behind this place.
        #[serde(default)]
        after: u64,
        /// At most so many.
        #[serde(default)]
        limit: Option<usize>,
    },
    /// Questions that wait, and some that were answered: `{open, closed}`.
    Approvals {},
    /// The arguments of the call of the same tool before one that waits: `{arguments}`.
    CallBefore {
        /// The question's id.
        id: String,
    },
    /// Servers with their state and how their calls went.
    Servers {},
    /// Tools that fit a query, or those of a server.
    Tools {
        /// Only of this server.
        #[serde(default)]
        server: Option<String>,
        /// What is looked for.
        #[serde(default)]
        query: Option<String>,
    },
    /// One tool: definition, signatures, schema.
    Tool {
        /// The server.
        server: String,
        /// The tool.
        tool: String,
    },
    /// Skills and how much they are used: `{rows, skills, curve}`.
    Skills {},
    /// One skill: files and versions.
    Skill {
        /// Its name.
        name: String,
    },
    /// The difference of two versions of a skill.
    SkillDiff {
        /// Its name.
        name: String,
        /// The first digits of the older version; the one before without it.
        #[serde(default)]
        old: Option<String>,
        /// Those of the newer; the present one without it.
        #[serde(default)]
        new: Option<String>,
    },
    /// The rules in force: `{profile, version, rules}`.
    Policy {},
    /// What the rules would decide about a call, and why.
    Decision {
        /// The server.
        server: String,
        /// The tool.
        tool: String,
        /// The arguments as JSON text.
        #[serde(default)]
        arguments: Option<String>,
        /// On whose authority; `local` without it.
        #[serde(default)]
        principal: Option<String>,
        /// In which session; `default` without it.
        #[serde(default)]
        session: Option<String>,
        /// `program`, `model` or `person`; a program without it.
        #[serde(default)]
        origin: Option<String>,
    },
    /// Figures over time: `{span_ms, spans}`.
    Figures {
        /// Of the last hours; 24 without it.
        #[serde(default)]
        hours: Option<u64>,
    },
    /// A page of the audit log, newest first: `{rows, next, looked_at}`.
    Audit {
        /// Of this execution.
        #[serde(default)]
        execution: Option<String>,
        /// Of this principal.
        #[serde(default)]
        principal: Option<String>,
        /// Of this server.
        #[serde(default)]
        server: Option<String>,
        /// Of this tool.
        #[serde(default)]
        tool: Option<String>,
        /// With this decision.
        #[serde(default)]
        decision: Option<String>,
        /// With all of these words, in names, decisions, rules, reasons, errors or arguments.
        #[serde(default)]
        text: Option<String>,
        /// Before this place.
        #[serde(default)]
        before: Option<u64>,
        /// At most so many.
        #[serde(default)]
        limit: Option<usize>,
    },
    /// Whether the audit log is as it was written.
    AuditCheck {},
}

/// Which executions.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExecutionsLook {
    /// Where they are.
    pub status: Option<String>,
    /// Of this session.
    pub session: Option<String>,
    /// On this authority.
    pub principal: Option<String>,
    /// In this language.
    pub language: Option<String>,
    /// With this text in id, error or program.
    pub text: Option<String>,
    /// Behind the one that began then, in milliseconds since 1970.
    pub before_ms: Option<u64>,
    /// And has this id.
    pub before_id: Option<String>,
    /// At most so many.
    pub limit: Option<usize>,
}

impl Look {
    /// Reads the word and the query of an address. Parameters without a value mean nothing.
    pub(crate) fn read(what: &str, query: &str) -> Result<Self, ToolError> {
        let mut fields = Map::new();
        for (name, text) in url::form_urlencoded::parse(query.as_bytes()).filter(|(_, text)| !text.is_empty()) {
            if text.len() > LONGEST {
                return Err(refused(&format!("{name} is longer than {LONGEST} bytes")));
            }
            let value = match NUMBERS.contains(&&*name) {
                true => Value::from(text.parse::<u64>().map_err(|_| refused(&format!("{name} is no number")))?),
                false => Value::from(text.into_owned()),
            };
            if fields.insert(name.clone().into_owned(), value).is_some() {
                return Err(refused(&format!("{name} is there twice")));
            }
        }
        fields.insert("what".into(), what.into());
        serde_json::from_value(Value::Object(fields)).map_err(|error| refused(&error.to_string()))
    }
}

fn refused(why: &str) -> ToolError {
    ToolError::new(ErrorCode::InvalidRequest, format!("the request is not understood: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_parameters_are_read_strictly() {
        let look = Look::read("calls", "id=ex_1&after=7&limit=").unwrap();
        assert!(matches!(look, Look::Calls { after: 7, limit: None, .. }));
        let look = Look::read("executions", "text=%3Cimg%3E&before_ms=5&before_id=x").unwrap();
        let Look::Executions(look) = look else { panic!("{look:?}") };
        assert_eq!((look.text.as_deref(), look.before_ms), (Some("<img>"), Some(5)));
        for (what, query) in [
            ("nothing", ""),
            ("calls", ""),
            ("calls", "id=1&after=-1"),
            ("calls", "id=1&id=2"),
            ("approvals", "x=1"),
            ("executions", "status=failed&order=up"),
        ] {
            assert_eq!(Look::read(what, query).unwrap_err().code, ErrorCode::InvalidRequest, "{what}?{query}");
        }
        assert!(Look::read("decision", &format!("server=a&tool=b&arguments={}", "x".repeat(70_000))).is_err());
    }
}
