//! The way of a skill through its versions.

use crate::history::Entry;
use crate::view::Place;
use crate::{Files, Library, SkillError, SkillName};
use outboard_types::Digest;

impl Library {
    /// What happened to a name, first things first; a version that was put there by hand is noted now.
    ///
    /// # Errors
    /// If nothing is known of it.
    pub fn history(&self, name: &str, now_ms: u64) -> Result<Vec<Entry>, SkillError> {
        let name = SkillName::of_stem(name)?;
        if let Ok((place, skill)) = self.get(name.as_str()) {
            let _lock = self.lock()?;
            self.adopt(place, &skill, now_ms)?;
        }
        match self.history.of(&name) {
            entries if entries.is_empty() => Err(SkillError::unknown(format!("nothing is known of a skill {name:?}"))
                .hint("`outboard skills list` shows all of them")),
            entries => Ok(entries),
        }
    }

    /// The version that the first digits mean, among those of a name.
    ///
    /// # Errors
    /// If they mean none, or several.
    pub fn version(&self, name: &str, digits: &str, now_ms: u64) -> Result<Digest, SkillError> {
        let mut found: Vec<Digest> = self.history(name, now_ms)?.into_iter().map(|entry| entry.version).collect();
        found.sort();
        found.dedup();
        found.retain(|version| digits.len() >= 4 && version.to_string().starts_with(digits));
        match found.as_slice() {
            [version] => Ok(*version),
            several => Err(SkillError::unknown(format!("{digits:?} means {} versions of {name}", several.len()))
                .hint(format!("give at least 4 digits of one that `outboard skills history {name}` lists"))),
        }
    }

    /// The files of a version.
    ///
    /// # Errors
    /// If they are not kept, or somebody changed them.
    pub fn files(&self, version: &Digest) -> Result<Files, SkillError> {
        self.history.files(version)
    }

    /// The version before the one that is there now.
    ///
    /// # Errors
    /// If there is none.
    pub fn previous(&self, name: &str, now_ms: u64) -> Result<Digest, SkillError> {
        let now = self.get(name).map(|(_, skill)| skill.version).ok();
        let mut entries = self.history(name, now_ms)?;
        // What only waited for a person was never there.
        entries.retain(|entry| entry.place != Place::Session);
        // From where the present version came last; after a rollback, from where it had been saved first.
        let at = entries.iter().position(|entry| Some(entry.version) == now).unwrap_or(entries.len());
        let before = entries[..at].iter().rev().find(|entry| Some(entry.version) != now);
        let before = before.or_else(|| entries.iter().rev().find(|_| now.is_none()));
        before.map(|entry| entry.version).ok_or_else(|| {
            SkillError::unknown(format!("{name} has no version before the present one"))
                .hint(format!("`outboard skills history {name}` lists them; name one"))
        })
    }
}
