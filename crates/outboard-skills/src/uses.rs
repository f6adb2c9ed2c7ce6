//! How skills fared in the programs that imported them: counts, for the ranking of searches.

use crate::{Library, SkillError, SkillName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// From so many uses on both counts are halved, so that what lately happened weighs more.
const MANY: u32 = 1_000;

/// Skills that are counted at most.
const MOST: usize = 20_000;

/// How often a skill was imported, and how often the program then succeeded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uses {
    /// Programs that imported it.
    pub programs: u32,
    /// Those of them that succeeded.
    pub succeeded: u32,
}

impl Library {
    /// All counts. What cannot be read is counted anew.
    pub fn uses(&self) -> BTreeMap<SkillName, Uses> {
        let text = std::fs::read(self.use_file()).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Counts one program for each skill that it imported.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn count_uses(&self, names: &[SkillName], succeeded: bool) -> Result<(), SkillError> {
        let path = self.use_file();
        let _lock = self.lock()?;
        let mut all = self.uses();
        for name in names {
            if all.len() < MOST || all.contains_key(name) {
                all.entry(name.clone()).or_default().count(succeeded);
            }
        }
        let text = serde_json::to_vec(&all).map_err(|error| SkillError::refused(error.to_string()))?;
        // Counts that a crash takes with it are no loss, so nothing waits for the disk.
        let unfinished = path.with_extension("part");
        let written = std::fs::write(&unfinished, text).and_then(|()| std::fs::rename(&unfinished, &path));
        written.map_err(|error| SkillError::disk(&path, &error))
    }

    fn use_file(&self) -> PathBuf {
        self.history.beside("uses.json")
    }
}

impl Uses {
    fn count(&mut self, succeeded: bool) {
        self.programs += 1;
        self.succeeded += u32::from(succeeded);
        if self.programs >= MANY {
            *self = Self { programs: self.programs / 2, succeeded: self.succeeded / 2 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_uses_weigh_less() {
        let mut uses = Uses::default();
        (0..1_500).for_each(|at| uses.count(at % 3 != 0));
        assert!(
            uses.programs < MANY && uses.succeeded < uses.programs && uses.succeeded > uses.programs / 2,
            "{uses:?}"
        );
    }
}
