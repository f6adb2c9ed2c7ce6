//! A skill made of a recorded program.

use super::check::{check, inspect, told};
use crate::executions::Executions;
use outboard_journal::ExecutionRow;
use outboard_skills::{Checked, Files, Front, Skill, SkillName, View};
use outboard_types::{CallContext, CallOrigin, CancellationToken, ErrorCode, Language, ToolError};
use outboard_worker_protocol::Module;
use std::collections::BTreeMap;

impl Executions {
    /// Checks a skill as it is checked when a program saves it.
    ///
    /// # Errors
    /// If it is not fit to be imported: the error says why.
    pub async fn check_skill(&self, skill: &Skill) -> Result<Checked, ToolError> {
        let deps = self.deps();
        let surface = deps.surfaces.current().await.map_err(|error| ToolError::from(&error))?;
        let skills = deps.state.skills().map_err(|error| ToolError::new(ErrorCode::Internal, error.to_string()))?;
        check(deps, &surface, skill, &skills).await
    }

    /// Makes a skill of a recorded program: one that declares functions is taken as it is, the statements of
    /// another become a function that is called like the skill.
    ///
    /// # Errors
    /// If the program can not become one.
    pub async fn skill_of(&self, row: &ExecutionRow, name: &SkillName, description: &str) -> Result<Skill, ToolError> {
        let record = &row.record;
        self.refuse_tokens(row)?;
        let deps = self.deps();
        let surface = deps.surfaces.current().await.map_err(|error| ToolError::from(&error))?;
        let skills = deps.state.skills().map_err(|error| ToolError::new(ErrorCode::Internal, error.to_string()))?;
        if record.language == Language::Bash {
            return Err(ToolError::new(ErrorCode::SkillRefused, "a program in bash can not be imported by others")
                .hint("write it in TypeScript or Python"));
        }
        let read = inspect(deps, &surface, record.language, &record.code, &skills).await?;
        let module = read.module.ok_or_else(|| {
            ToolError::new(ErrorCode::SkillRefused, "the program can not be read as a module")
                .hint("write it as `export async function run(input) { … }` or `def run(input): …`")
        })?;
        let description = if description.is_empty() { first_lines(&module) } else { description.to_owned() };
        let text = text_of(&record.code, &module, record.language, name, &description);
        let front = Front { description, parameters: parameters(&module), ..Front::default() };
        let entry = if record.language == Language::Python { "__init__.py" } else { "index.ts" };
        let files = Files::new()
            .with(&format!("{name}/SKILL.md"), &front.write(name.as_str()))
            .and_then(|files| files.with(&format!("{name}/{entry}"), &text));
        files.and_then(Skill::read).map_err(told)
    }

    /// A token of a private value means something in its own session only.
    fn refuse_tokens(&self, row: &ExecutionRow) -> Result<(), ToolError> {
        let Some(border) = &self.deps().border else { return Ok(()) };
        let context = CallContext {
            execution: row.record.id.clone(),
            session: row.record.session.clone(),
            principal: row.record.principal.clone(),
            origin: CallOrigin::Program,
            cancel: CancellationToken::new(),
        };
        let tokens = border.tokens_in(&outboard_border::Place::of(&context), &row.record.code);
        match tokens.first() {
            None => Ok(()),
            Some((token, _)) => {
                let message = format!("the program holds {token}, which stands for a private value of its session");
                Err(ToolError::new(ErrorCode::SkillRefused, message).hint("make such values parameters"))
            }
        }
    }
}

fn first_lines(module: &Module) -> String {
    // What a program declares on its way does not describe the whole.
    let main = module.exports.first().filter(|_| module.declares).map(|one| &one.doc);
    let docs = [Some(&module.doc), main];
    let doc = docs.into_iter().flatten().find(|doc| !doc.is_empty());
    let lines = doc.map(|doc| doc.lines().take_while(|line| !line.trim_start().starts_with('@')).collect::<Vec<_>>());
    lines.unwrap_or_default().join(" ").trim().to_owned()
}

fn parameters(module: &Module) -> BTreeMap<String, String> {
    if !module.declares {
        return BTreeMap::from([("input".to_owned(), "what the program got as its input".to_owned())]);
    }
    let takes = module.exports.first().into_iter().flat_map(|one| &one.takes);
    takes.map(|one| (one.name.clone(), one.kind.clone())).collect()
}

fn text_of(code: &str, module: &Module, language: Language, name: &SkillName, description: &str) -> String {
    if module.declares {
        return format!("{}{code}", module.imports);
    }
    let told = description.replace("*/", "* /").replace("\"\"\"", "'''");
    match language {
        Language::Python => {
            let kind = if module.waits { "async def" } else { "def" };
            // What the interpreter wrote itself has its strings on one line, so lines can be moved to the right.
            let body: String = module.body.lines().map(|line| format!("    {line}\n")).collect();
            format!("{}\n\n{kind} {}(input=None):\n    \"\"\"{told}\"\"\"\n{body}", module.imports, name.snake())
        }
        _ => format!(
            "{}\n/** {told} */\nexport async function {}(input?: any) {{\n{}\n}}\n",
            module.imports,
            name.camel(),
            module.body
        ),
    }
}

/// The skills that a list of modules means, with those that these import.
pub(crate) fn used<'v>(view: &'v View, imports: &[String], checked: &dyn Fn(&Skill) -> Vec<String>) -> Vec<&'v Skill> {
    let mut found: Vec<&Skill> = Vec::new();
    let mut todo: Vec<String> = imports.to_vec();
    while let Some(module) = todo.pop() {
        let Some(skill) = view.imported(&module) else { continue };
        if !found.iter().any(|one| one.name == skill.name) && found.len() < 64 {
            // Between skills `../other` is another skill.
            todo.extend(checked(skill).into_iter().map(|one| match one.strip_prefix("../") {
                Some(rest) if !rest.starts_with("..") && !rest.starts_with("servers") => format!("skills/{rest}"),
                _ => one,
            }));
            found.push(skill);
        }
    }
    found
}
