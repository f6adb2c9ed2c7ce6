//! Recorded executions as tests of skills.

use super::drift::{definition, shapes};
use crate::Shelf;
use outboard_catalog::Catalogue;
use outboard_journal::Journal;
use outboard_skills::{Case, CaseKind, Skill, ToolUse};
use outboard_types::{ExecutionId, Language};
use serde::Serialize;

/// How a case went.
#[derive(Debug, Clone, Serialize)]
pub struct CaseRun {
    /// The execution.
    pub id: String,
    /// `passed`, `failed` or `missing`.
    pub status: &'static str,
    /// What differed.
    pub text: String,
}

/// A case of an execution, with what its tools are now.
pub fn case_of(id: &ExecutionId, kind: CaseKind, skill: &Skill, catalogue: &Catalogue, journal: &Journal) -> Case {
    let shapes = shapes(journal, id);
    let tool = |server: &str, tool: &str| {
        let definition = definition(catalogue, server, tool)?;
        Some(ToolUse { server: server.to_owned(), tool: tool.to_owned(), definition })
    };
    let tools = shapes.iter().filter_map(|one| tool(&one.server, &one.tool)).collect();
    Case { execution: id.to_string(), kind, version: skill.version, tools, shapes }
}

impl Shelf {
    /// The program that calls a skill in the place of the program that it was made of.
    pub fn caller(&self, skill: &Skill, language: Language) -> Option<String> {
        let checked = self.collection().checked(&skill.version)?;
        let names = [skill.name.camel(), skill.name.snake()];
        let run = checked.exports.iter().find(|one| one.language == language && one.name == "run");
        let main = run.or_else(|| checked.main(language, [&names[0], &names[1]]))?;
        let (path, name) = (skill.import_path(language)?, &main.name);
        let given = if main.parameters.is_empty() { "" } else { "input" };
        Some(match language {
            Language::Python => format!("from {path} import {name} as called\ncalled({given})\n"),
            _ => format!("import {{ {name} as called }} from \"{path}\";\nreturn await called({given});\n"),
        })
    }
}
