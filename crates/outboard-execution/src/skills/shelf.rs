//! The library with the rules of this project.

use outboard_skills::{Library, Roots, Skill, SkillError, SkillName};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What the operator wants of skills.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SkillRules {
    /// Whether what a model saved is its own session's until a person approves it.
    pub approval: bool,
    /// Skills that clients see as tools and prompts of their own.
    pub expose: Vec<SkillName>,
}

/// The library, and the rules.
pub struct Shelf {
    collection: Library,
    rules: SkillRules,
    /// Held while workers read skills that somebody put into a folder.
    reading: Arc<Semaphore>,
}

impl Shelf {
    /// Opens the library.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn open(roots: Roots, rules: SkillRules) -> Result<Self, SkillError> {
        let secret = |text: &str| crate::inspection::secrets(text).into_iter().next();
        Ok(Self { collection: Library::open(roots, secret)?, rules, reading: Arc::new(Semaphore::new(1)) })
    }

    /// The right to have workers read skills that nobody waits for; none while somebody has it.
    pub(crate) fn reading(&self) -> Option<OwnedSemaphorePermit> {
        self.reading.clone().try_acquire_owned().ok()
    }

    /// The library.
    pub fn collection(&self) -> &Library {
        &self.collection
    }

    /// The rules.
    pub fn rules(&self) -> &SkillRules {
        &self.rules
    }

    /// What a skill does: by its `SKILL.md`, else by what its code says of itself, else by its name.
    pub fn description(&self, skill: &Skill) -> String {
        if !skill.front.description.is_empty() {
            return harmless(&skill.front.description);
        }
        let doc = self.collection.checked(&skill.version).map(|checked| harmless(&checked.doc)).unwrap_or_default();
        if doc.is_empty() { skill.name.words() } else { doc }
    }

    /// Why a skill that somebody put into a folder is not fit to be imported, once a worker read it.
    pub fn refused(&self, skill: &Skill) -> Option<String> {
        self.collection.checked(&skill.version)?.refused.clone()
    }

    /// The path of a session, by which the library knows it.
    pub fn path_of(principal: &outboard_types::Principal, session: &outboard_types::SessionName) -> PathBuf {
        Self::session(principal, session)
    }

    /// Where a session's own skills and copies are, below the library's folders.
    pub(crate) fn session(principal: &outboard_types::Principal, session: &outboard_types::SessionName) -> PathBuf {
        Path::new(&crate::state::escape(&principal.0)).join(session.as_str())
    }
}

/// Somebody else wrote it, and it is read by models and shown on terminals: nothing that either would obey.
fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_skills::Files;

    #[test]
    fn a_description_holds_nothing_that_a_terminal_obeys() {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots { project: folder.path().join("p"), user: None, data: folder.path().join("d") };
        let shelf = Shelf::open(roots, SkillRules::default()).unwrap();
        let manual = "---\ndescription: \"red \\e[31m and \\e]0;title\\a\"\n---\n";
        let skill = Skill::read(Files::new().with("x/SKILL.md", manual).unwrap()).unwrap();
        assert_eq!(shelf.description(&skill), "red  [31m and  ]0;title ");
    }
}
