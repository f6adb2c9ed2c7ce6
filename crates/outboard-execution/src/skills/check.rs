//! Whether a skill is fit to be imported. Its code is read in a jailed worker, and never run.

use super::skill_error;
use crate::Surface;
use crate::executions::Deps;
use crate::inspection::Findings;
use crate::preflight::Verdict;
use outboard_sandbox::{Grant, SandboxError};
use outboard_skills::{Checked, Export, Parameter, Skill, ToolUse};
use outboard_types::{ErrorCode, Language, ToolError};
use outboard_worker_protocol::{FromWorker, Inspection, Module, Start, ToWorker};
use std::path::Path;
use std::time::Duration;

/// A worker that has not read a file by then never will.
const PATIENCE: Duration = Duration::from_secs(20);

/// Most files of code of one skill.
const MOST: usize = 16;

/// Longest description that is taken from a comment, in characters.
const DESCRIPTION: usize = 1_024;

/// Checks every file of code; `skills` is the folder in which other skills are.
pub(crate) async fn check(deps: &Deps, surface: &Surface, skill: &Skill, skills: &Path) -> Result<Checked, ToolError> {
    let files: Vec<(Language, String)> =
        skill.files.code().map(|(language, path)| (language, path.to_owned())).collect();
    if files.len() > MOST {
        return Err(refused(format!("{} has {} files of code; at most {MOST} are read", skill.name, files.len())));
    }
    let entries = skill.files.entries();
    let mut checked = Checked::default();
    for (language, path) in files {
        let text = skill.files.text(&path).ok_or_else(|| refused(format!("{path} is no text")))?;
        let read = inspect(deps, surface, language, text, skills).await.map_err(|error| at(&path, error))?;
        let file = File { path: &path, text, language, is_entry: entries.iter().any(|(_, entry)| *entry == path) };
        take(&mut checked, deps, surface, &file, read)?;
    }
    if !entries.is_empty() && checked.exports.is_empty() {
        let hint = "export a function, such as `export async function save(id: string) { … }` or `def save(id): …`";
        return Err(refused(format!("{} exports nothing", skill.name)).hint(hint));
    }
    checked.tools.sort();
    checked.tools.dedup();
    describe(&mut checked, skill)?;
    Ok(checked)
}

fn refused(message: String) -> ToolError {
    ToolError::new(ErrorCode::SkillRefused, message)
}

fn at(path: &str, error: ToolError) -> ToolError {
    ToolError { message: format!("{path}: {}", error.message), ..error }
}

/// One file of code.
struct File<'f> {
    path: &'f str,
    text: &'f str,
    language: Language,
    is_entry: bool,
}

/// What one file adds to what is known.
fn take(
    checked: &mut Checked,
    deps: &Deps,
    surface: &Surface,
    file: &File<'_>,
    mut read: Inspection,
) -> Result<(), ToolError> {
    let File { path, text, language, is_entry } = *file;
    let catalogue = &surface.catalogue;
    let module = read.module.take().unwrap_or_default();
    // Read as a program it stands elsewhere, so paths from where it stands lead elsewhere.
    let relative = |message: &str| {
        let leads = ["\"./", "\"../", "'./", "'../", "'."].iter().any(|part| message.contains(part));
        leads && !message.contains("servers/")
    };
    let mut preflight = std::mem::take(&mut read.preflight);
    preflight.problems.retain(|one| one.kind != "unresolved_import" || !relative(&one.message));
    let verdict = Verdict::new(preflight, Vec::new(), catalogue);
    if let Some(trouble) = verdict.refusal(text, language, catalogue).filter(|_| deps.inspection.preflight) {
        let message = trouble.message.replace("before the program ran; nothing was called", "in the skill");
        return Err(refused(format!("{path}: {message}")).hint("correct these lines and save it again"));
    }
    checked.notes.extend(verdict.notes.into_iter().map(|note| format!("{path}: {note}")));
    if !module.declares {
        checked.notes.push(format!("{path}: does something when it is imported; keep that in functions"));
    }
    let findings = Findings::new(read, text, catalogue);
    deps.inspection.check(&findings).map_err(|error| at(path, ToolError { code: ErrorCode::SkillRefused, ..error }))?;
    for name in &findings.tools {
        if let Ok(tool) = catalogue.find_joined(name) {
            let (server, tool_name) = (tool.id.server.to_string(), tool.id.tool.to_string());
            checked.tools.push(ToolUse { server, tool: tool_name, definition: tool.fingerprint });
        }
    }
    for import in findings.imports {
        if !checked.imports.contains(&import) {
            checked.imports.push(import);
        }
    }
    if is_entry {
        if checked.doc.is_empty() {
            checked.doc = module.doc.clone();
        }
        checked.exports.extend(exports(module, language));
    }
    Ok(())
}

fn exports(module: Module, language: Language) -> impl Iterator<Item = Export> {
    module.exports.into_iter().map(move |one| Export {
        language,
        name: one.name,
        kind: one.kind,
        signature: one.signature,
        doc: one.doc,
        parameters: one
            .takes
            .into_iter()
            .map(|one| Parameter { name: one.name, kind: one.kind, optional: one.optional })
            .collect(),
    })
}

/// The description: required where there is a `SKILL.md` to write it into, else taken from comments.
fn describe(checked: &mut Checked, skill: &Skill) -> Result<(), ToolError> {
    let languages = skill.languages();
    let main = languages.iter().find_map(|language| {
        checked.main(*language, [&skill.name.camel(), &skill.name.snake()]).map(|export| export.doc.clone())
    });
    if checked.doc.is_empty() {
        checked.doc = main.unwrap_or_default();
    }
    let prose = checked.doc.lines().take_while(|line| !line.trim_start().starts_with('@'));
    checked.doc = prose.collect::<Vec<_>>().join(" ").trim().chars().take(DESCRIPTION).collect();
    if !skill.front.description.is_empty() || !checked.doc.is_empty() {
        return Ok(());
    }
    let folder = skill.files.tops().iter().any(|top| skill.files.text(&format!("{top}/SKILL.md")).is_some());
    if folder || languages.is_empty() {
        return Err(refused(format!("the SKILL.md of {} has no description", skill.name))
            .hint("say in `description:` what it does and when to use it"));
    }
    checked
        .notes
        .push("it has no description and is found by its name alone; put a comment before the function".into());
    Ok(())
}

/// Lets a worker read a text, which it does not run.
pub(crate) async fn inspect(
    deps: &Deps,
    surface: &Surface,
    language: Language,
    text: &str,
    skills: &Path,
) -> Result<Inspection, ToolError> {
    let servers = surface.folder().await.map_err(|error| ToolError::from(&error))?;
    let grant = Grant::new(language).read_only(&servers, "/servers").read_only(skills, "/skills");
    let mut hired = deps.sandbox.worker(grant).await.map_err(|error| unavailable(&error))?;
    let start = Start {
        code: text.to_owned(),
        memory_bytes: deps.limits.memory_bytes,
        stdout_bytes: 0,
        hold: true,
        describe: true,
        ..Start::default()
    };
    let lost = || refused("the worker that read it went away".into()).hint("make the file smaller or simpler");
    let reading = async {
        hired.sender.send(&ToWorker::Start(start)).await.map_err(|_| lost())?;
        loop {
            match hired.receiver.next().await {
                Ok(Some(FromWorker::Inspected { inspection })) => return Ok(inspection),
                Ok(Some(FromWorker::Error { error, .. })) => {
                    let place = error.line.map(|line| format!("line {line}: ")).unwrap_or_default();
                    let told = refused(format!("{place}{}", error.message));
                    return Err(error.hint.map_or(told.clone(), |hint| told.hint(hint)));
                }
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return Err(lost()),
            }
        }
    };
    let read = tokio::time::timeout(PATIENCE, reading).await;
    hired.hold.kill();
    hired.hold.wait().await;
    read.unwrap_or_else(|_| Err(refused(format!("it took more than {} s to read", PATIENCE.as_secs()))))
}

fn unavailable(error: &SandboxError) -> ToolError {
    ToolError::new(ErrorCode::SandboxUnavailable, error.to_string()).hint("run `outboard doctor`")
}

/// As the library tells it.
pub(crate) fn told(error: outboard_skills::SkillError) -> ToolError {
    skill_error(error)
}
