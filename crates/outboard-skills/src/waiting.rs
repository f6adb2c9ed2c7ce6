//! What a model saved and a person has to look at: approved for all sessions, or denied.

use crate::history::{Change, Entry};
use crate::view::Place;
use crate::{Library, OfSession, Skill, SkillError, SkillName, place};
use outboard_types::Digest;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One version of a skill that waits for a person.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Means this version in this session, and nothing else: a yes to it is no yes to what is saved later.
    pub id: String,
    /// The session that saved it, by its path `PRINCIPAL/SESSION`.
    pub session: PathBuf,
    /// The skill.
    pub skill: Arc<Skill>,
    /// What it would take the place of.
    pub replaces: Option<Arc<Skill>>,
    /// How it came to wait.
    pub saved: Option<Entry>,
}

impl Library {
    /// Everything that waits, by name.
    ///
    /// # Errors
    /// If a folder can not be read.
    pub fn waiting(&self) -> Result<Vec<Waiting>, SkillError> {
        let (view, found) = self.everything()?;
        let mut all: Vec<Waiting> = found
            .into_iter()
            .map(|(session, skill)| Waiting {
                id: id_of(&session, &skill),
                replaces: view.get(&skill.name).map(|(_, skill)| skill.clone()),
                saved: self.history.of(&skill.name).into_iter().rev().find(|entry| is_save(entry, &skill.version)),
                session,
                skill,
            })
            .collect();
        all.sort_by(|one, other| (&one.skill.name, &one.session).cmp(&(&other.skill.name, &other.session)));
        Ok(all)
    }

    /// Makes what a model saved in a session everybody's.
    ///
    /// # Errors
    /// If nothing of that name waits, or it waits in several sessions and none is named.
    pub fn approve(&self, name: &str, session: Option<&str>, change: &Change) -> Result<Arc<Skill>, SkillError> {
        let name = SkillName::of_stem(name)?;
        let (_, waiting) = self.everything()?;
        let mut found: Vec<_> = waiting.into_iter().filter(|(_, skill)| skill.name == name).collect();
        found.retain(|(path, _)| session.is_none_or(|session| path.ends_with(session)));
        match found.as_slice() {
            [one] => self.approved(one, change),
            [] => Err(SkillError::unknown(format!("no skill {name:?} waits for approval"))
                .hint("`outboard skills list` shows those that do")),
            several => {
                let sessions: Vec<String> = several.iter().map(|(path, _)| path.display().to_string()).collect();
                Err(SkillError::refused(format!("{name} waits in several sessions: {}", sessions.join(", ")))
                    .hint("name one with --session"))
            }
        }
    }

    /// The same for one that [`Library::waiting`] listed.
    ///
    /// # Errors
    /// If it does not wait any more, or the disk refuses.
    pub fn approve_waiting(&self, id: &str, change: &Change) -> Result<Arc<Skill>, SkillError> {
        self.approved(&self.waits(id)?, change)
    }

    /// Takes one away that waits; its version is kept.
    ///
    /// # Errors
    /// If it does not wait any more, or the disk refuses.
    pub fn deny_waiting(&self, id: &str, change: &Change) -> Result<Arc<Skill>, SkillError> {
        let (session, skill) = self.waits(id)?;
        let _lock = self.lock()?;
        // On record first: what was answered may wait once more after a crash, but nothing is gone without a word.
        self.note(Place::Session, &skill, change)?;
        self.take_away(&session, &skill)?;
        Ok(skill)
    }

    fn waits(&self, id: &str) -> Result<OfSession, SkillError> {
        let (_, waiting) = self.everything()?;
        let found = waiting.into_iter().find(|(session, skill)| id_of(session, skill) == id);
        found.ok_or_else(|| {
            SkillError::unknown(format!("{id} does not wait: it was answered, or saved anew since"))
                .hint("`outboard approvals` lists what waits now")
        })
    }

    /// Sessions that saved the very same version need their own no more.
    fn approved(&self, (session, skill): &OfSession, change: &Change) -> Result<Arc<Skill>, SkillError> {
        self.save(Place::Project, None, skill, change)?;
        let (_, waiting) = self.everything()?;
        let same = waiting.into_iter().filter(|(_, other)| other.name == skill.name && other.version == skill.version);
        let _lock = self.lock()?;
        for (session, skill) in same.chain([(session.clone(), skill.clone())]) {
            self.take_away(&session, &skill)?;
        }
        Ok(skill.clone())
    }

    fn take_away(&self, session: &Path, skill: &Skill) -> Result<(), SkillError> {
        let root = self.root(Place::Session, Some(session))?;
        let tops = self.tops(&root, &skill.name)?;
        if tops.is_empty() {
            return Ok(());
        }
        place::take_away(&self.disk, &root, &tops).map_err(|error| SkillError::disk(&root, &error))
    }
}

fn is_save(entry: &Entry, version: &Digest) -> bool {
    entry.place == Place::Session && entry.version == *version
}

fn id_of(session: &Path, skill: &Skill) -> String {
    let version = skill.version.to_string();
    let pieces = [session.as_os_str().as_encoded_bytes(), skill.name.as_str().as_bytes(), version.as_bytes()];
    format!("sk_{}", &Digest::of_all(pieces).to_string()[..12])
}
