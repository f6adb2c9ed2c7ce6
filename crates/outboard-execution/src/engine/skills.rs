//! The skills of one execution: its copy of them, which it uses, and what becomes of those that it changed.

use super::Engine;
use crate::skills::{Shelf, SkillNote, SkillUse};
use outboard_border::Place as Side;
use outboard_sandbox::SandboxError;
use outboard_skills::{CaseKind, Change, Changed, Checked, Layer, Place, Skill, SkillError, View, What};
use outboard_types::now_ms;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Skills that one execution may save.
const MOST: usize = 16;

/// Skills that somebody put into a folder and that are read after one execution.
const AT_ONCE: usize = 4;

/// Characters of a name that a report shows, where it is no name of a skill.
const LONGEST_NAME: usize = 80;

/// The skills that an execution sees, and the copy of them that it holds while a worker runs it.
pub(super) struct Held {
    session: PathBuf,
    view: View,
    layer: Option<Layer>,
}

impl Held {
    /// `shared` leaves out what the session saved itself and nobody approved yet.
    fn new(shelf: &Shelf, session: PathBuf, shared: bool) -> Result<Self, SkillError> {
        let view = shelf.collection().view(if shared { None } else { Some(&session) })?;
        Ok(Self { session, view, layer: None })
    }

    /// The copy as it was at the beginning.
    fn folder(&mut self, shelf: &Shelf) -> Result<PathBuf, SkillError> {
        let layer = match self.layer.take() {
            Some(mut layer) => {
                layer.reset(&self.view)?;
                layer
            }
            None => shelf.collection().lease(&self.session, &self.view)?,
        };
        Ok(self.layer.insert(layer).folder().to_owned())
    }
}

/// What a program left behind.
enum Looked {
    /// Nothing new: its copy was given back at once.
    Same(Result<(), SkillError>, Held),
    Changed(Held, Layer, Vec<Changed>),
}

async fn off_the_loop<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SkillError> + Send + 'static,
) -> Result<T, SkillError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(SkillError::refused(format!("the folder of skills was lost: {error}"))))
}

impl Engine {
    /// The folder that an attempt sees as `/skills`: the same skills in each attempt, without what an earlier one wrote.
    pub(super) async fn skills_folder(&mut self) -> Result<PathBuf, SandboxError> {
        let Some(shelf) = self.deps.skills.clone() else { return Ok(self.deps.state.skills()?) };
        let session = Shelf::session(&self.request.principal, &self.request.session);
        let (held, shared) = (self.held.take(), wants_shared(&self.request.code));
        let taken = off_the_loop(move || {
            let mut held = held.map_or_else(|| Held::new(&shelf, session, shared), Ok)?;
            let folder = held.folder(&shelf)?;
            Ok((held, folder))
        });
        let (held, folder) =
            taken.await.map_err(|error| SandboxError::from(std::io::Error::other(error.to_string())))?;
        self.held = Some(held);
        Ok(folder)
    }

    /// Lets go of the copy while no worker runs the program: thousands may sleep. What it wrote there is undone by who
    /// takes the copy next; the program itself begins anew over its history.
    pub(super) fn lend_skills(&mut self) {
        if let Some(held) = &mut self.held {
            held.layer = None;
        }
    }

    /// Notes which skills the program imports.
    pub(super) fn note_skills(&mut self) {
        let (Some(shelf), Some(held)) = (&self.deps.skills, &self.held) else { return };
        let checked = |skill: &Skill| {
            shelf.collection().checked(&skill.version).map(|checked| checked.imports.clone()).unwrap_or_default()
        };
        let used = crate::skills::used(&held.view, &self.findings.imports, &checked);
        let one = |skill: &Skill| SkillUse {
            name: skill.name.to_string(),
            version: skill.version.short(),
            lines: skill.files.lines(),
            bytes: skill.files.code_bytes(),
        };
        self.skills.used = used.into_iter().map(one).collect();
        self.skills.lines = self.request.code.lines().filter(|line| !line.trim().is_empty()).count() as u64;
    }

    /// Takes what the program changed, and gives its copy back. The program has ended.
    pub(super) async fn take_skills(&mut self) {
        let (Some(shelf), Some(mut held)) = (self.deps.skills.clone(), self.held.take()) else { return };
        let Some(mut layer) = held.layer.take() else { return };
        let looked = off_the_loop(move || {
            let changes = layer.changes().unwrap_or_else(|error| vec![unreadable(error)]);
            Ok(if changes.is_empty() {
                Looked::Same(layer.settle(&held.view), held)
            } else {
                Looked::Changed(held, layer, changes)
            })
        });
        let (held, layer, changes) = match looked.await {
            Ok(Looked::Changed(held, layer, changes)) => (held, layer, changes),
            Ok(Looked::Same(given_back, held)) => {
                not_in_order(given_back);
                return self.read_found(&shelf, &held.view);
            }
            Err(error) => return tracing::warn!(%error, "the skills of a program were not looked at"),
        };
        if !self.is_offline() {
            let left = changes.len().saturating_sub(MOST);
            for change in changes.into_iter().take(MOST) {
                let note = self.take_one(&shelf, &held.session, layer.folder(), change).await;
                self.skills.saved.push(self.hidden(note));
            }
            if left > 0 {
                let text = format!("one execution saves at most {MOST} skills; save the rest in another");
                self.skills.saved.push(SkillNote { name: format!("and {left} more"), status: "refused".into(), text });
            }
        }
        self.read_found(&shelf, &held.view);
        let saved = !self.skills.saved.is_empty();
        let given_back = off_the_loop(move || match saved {
            true => layer.settle(&shelf.collection().view(Some(&held.session))?),
            false => layer.settle(&held.view),
        });
        not_in_order(given_back.await);
    }

    /// Has workers read skills that somebody put into a folder, so that a search can tell how they are called. Nobody
    /// waits for that.
    fn read_found(&self, shelf: &Arc<Shelf>, view: &View) {
        // Programs that end meanwhile start no second reading: their own workers need the machine more.
        let (Ok(folder), Some(reading), false) = (self.deps.state.skills(), shelf.reading(), self.is_offline()) else {
            return;
        };
        let unread = |skill: &&Arc<Skill>| !shelf.collection().is_checked(&skill.version);
        let unread: Vec<_> = view.active().map(|(_, skill)| skill).filter(unread).take(AT_ONCE).cloned().collect();
        if unread.is_empty() {
            return;
        }
        let (deps, surface, shelf) = (self.deps.clone(), self.surface.clone(), shelf.clone());
        tokio::spawn(async move {
            let _reading = reading;
            for skill in unread {
                let read = crate::skills::check(&deps, &surface, &skill, &folder).await;
                // One that is not fit is noted as well, so that it is not read again after each program.
                let read = read.unwrap_or_else(|error| Checked { refused: Some(error.message), ..Checked::default() });
                let (shelf, version) = (shelf.clone(), skill.version);
                let kept = off_the_loop(move || shelf.collection().keep_checked(&version, read).map(drop)).await;
                if let Err(error) = kept {
                    tracing::warn!(skill = %skill.name, %error, "what was read of a skill is not kept");
                }
            }
        });
    }

    async fn take_one(&mut self, shelf: &Arc<Shelf>, session: &Path, copy: &Path, change: Changed) -> SkillNote {
        let name = on_one_line(&change.name);
        let saved = match change.skill {
            None => {
                Err("programs do not remove skills; it is there again. A person may: `outboard skills remove`".into())
            }
            Some(Err(error)) => Err(with_hint(error.message, error.hint)),
            Some(Ok(skill)) => self.save_one(shelf, session, copy, skill).await,
        };
        match saved {
            Ok((status, text)) => SkillNote { name, status, text },
            Err(text) => SkillNote { name, status: "refused".into(), text },
        }
    }

    async fn save_one(
        &mut self,
        shelf: &Arc<Shelf>,
        session: &Path,
        copy: &Path,
        skill: Skill,
    ) -> Result<(String, String), String> {
        let told = |error: SkillError| with_hint(error.message, error.hint);
        let skill = shelf.collection().vetted(skill).map_err(told)?;
        let checked = crate::skills::check(&self.deps, &self.surface, &skill, copy).await;
        let checked = checked.map_err(|error| with_hint(error.message, error.hint))?;
        let notes = checked.notes.first().map(|note| format!(" ({note})")).unwrap_or_default();
        let (place, status) = match shelf.rules().approval {
            true => (Place::Session, "waiting"),
            false => (Place::Project, "saved"),
        };
        let change =
            Change { what: What::Save, by: "model".into(), execution: Some(self.id().to_string()), at_ms: now_ms() };
        let (kept, session) = (shelf.clone(), session.to_owned());
        let (id, surface, journal) = (self.id().clone(), self.surface.clone(), self.deps.journal.clone());
        let skill = off_the_loop(move || {
            // What the program called may still be on its way to the disk; the case is made of it.
            if let Err(error) = journal.flush() {
                tracing::warn!(%error, "the calls of a program that saved a skill may be missing from its test");
            }
            let case = crate::skills::case_of(&id, CaseKind::Program, &skill, &surface.catalogue, &journal);
            kept.collection().keep_checked(&skill.version, checked)?;
            kept.collection().save(place, Some(&session), &skill, &change)?;
            kept.collection().add_case(&skill.name, case)?;
            Ok(skill)
        });
        let skill = skill.await.map_err(told)?;
        let line = shelf.import_line(&skill, Some(self.request.language));
        let waits =
            if place == Place::Session { "; this session can import it, others once a person approved it" } else { "" };
        Ok((status.to_owned(), format!("{line}{waits}{notes}")))
    }

    /// What a model may read of a note: it can quote the program's own text.
    fn hidden(&self, note: SkillNote) -> SkillNote {
        let Some(border) = &self.deps.border else { return note };
        let side = Side::of(self.run.context());
        let mut notes = outboard_border::Notes::default();
        let text = border.text(&side, &note.text, "skill", &mut notes);
        SkillNote { name: border.text(&side, &note.name, "skill", &mut notes), text, ..note }
    }
}

/// Whether a program says in its first line that it wants the skills of all sessions only: `// skills: shared`.
fn wants_shared(code: &str) -> bool {
    let first = code.lines().next().unwrap_or_default().trim();
    first.strip_prefix("//").or(first.strip_prefix('#')).is_some_and(|said| said.trim() == "skills: shared")
}

/// A name that a program chose, as it may stand in a line of a report.
fn on_one_line(name: &str) -> String {
    name.chars().take(LONGEST_NAME).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn with_hint(message: String, hint: Option<String>) -> String {
    hint.map_or(message.clone(), |hint| format!("{message}; {hint}"))
}

fn not_in_order(given_back: Result<(), SkillError>) {
    if let Err(error) = given_back {
        tracing::warn!(%error, "a copy of the skills was not put in order; it is looked at before it is used again");
    }
}

fn unreadable(error: SkillError) -> Changed {
    Changed { name: "/skills".into(), skill: Some(Err(error)) }
}
