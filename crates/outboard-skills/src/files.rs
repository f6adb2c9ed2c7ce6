//! The files of one skill, by their paths below the folder of skills.

use crate::SkillError;
use outboard_types::{Digest, Language};
use std::collections::BTreeMap;

/// Most files of one skill.
pub(crate) const MOST_FILES: usize = 64;

/// Most bytes of one skill.
pub(crate) const MOST_BYTES: usize = 1 << 20;

/// Most names in a path.
pub(crate) const DEEPEST: usize = 5;

/// Longest path.
const LONGEST: usize = 200;

/// What a folder's code begins with, in the order in which it is looked for.
const ENTRIES: [(&str, Language); 4] = [
    ("index.ts", Language::TypeScript),
    ("index.js", Language::TypeScript),
    ("__init__.py", Language::Python),
    ("skill.py", Language::Python),
];

/// The files of one skill: `save-sheet/SKILL.md`, `save-sheet/index.ts`, or `save-sheet.ts` alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    /// No file yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    ///
    /// # Errors
    /// If the path leads elsewhere, or the skill becomes too large.
    pub fn add(&mut self, path: &str, bytes: Vec<u8>) -> Result<(), SkillError> {
        check_path(path)?;
        let size: usize = self.0.values().map(Vec::len).sum::<usize>() + bytes.len();
        if self.0.len() >= MOST_FILES || size > MOST_BYTES {
            let message = format!("a skill has at most {MOST_FILES} files and {} KiB", MOST_BYTES >> 10);
            return Err(SkillError::refused(message).hint("keep data in /workspace, and only code in the skill"));
        }
        self.0.insert(path.to_owned(), bytes);
        Ok(())
    }

    /// With one more file, for what the host itself writes.
    ///
    /// # Errors
    /// As [`Files::add`].
    pub fn with(mut self, path: &str, text: &str) -> Result<Self, SkillError> {
        self.add(path, text.as_bytes().to_vec())?;
        Ok(self)
    }

    /// Paths and contents, in the order of paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// A file as text.
    pub fn text(&self, path: &str) -> Option<&str> {
        std::str::from_utf8(self.0.get(path)?).ok()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names that stand in the folder of skills itself.
    pub fn tops(&self) -> Vec<String> {
        let mut tops: Vec<String> =
            self.0.keys().filter_map(|path| path.split('/').next()).map(str::to_owned).collect();
        tops.dedup();
        tops
    }

    /// The version: a digest of paths and contents.
    pub fn version(&self) -> Digest {
        Digest::of_all(self.0.iter().flat_map(|(path, bytes)| [path.as_bytes(), bytes.as_slice()]))
    }

    /// Where each language begins.
    pub fn entries(&self) -> Vec<(Language, String)> {
        let mut entries: Vec<(Language, String)> = Vec::new();
        let mut push = |language, path: String| {
            if !entries.iter().any(|(known, _)| *known == language) {
                entries.push((language, path));
            }
        };
        for top in self.tops() {
            match language_of(&top) {
                Some(language) if self.0.contains_key(&top) => push(language, top),
                _ => {
                    let inside = ENTRIES.iter().map(|(file, language)| (*language, format!("{top}/{file}")));
                    inside.filter(|(_, path)| self.0.contains_key(path)).for_each(|(one, path)| push(one, path));
                }
            }
        }
        entries
    }

    /// Every file that holds code, entries included.
    pub fn code(&self) -> impl Iterator<Item = (Language, &str)> {
        self.0.keys().filter_map(|path| Some((language_of(path)?, path.as_str())))
    }

    /// Lines of code.
    pub fn lines(&self) -> u64 {
        let texts = self.code().filter_map(|(_, path)| self.text(path));
        texts.map(|text| text.lines().filter(|line| !line.trim().is_empty()).count() as u64).sum()
    }

    /// Bytes of code.
    pub fn code_bytes(&self) -> u64 {
        self.code().filter_map(|(_, path)| self.0.get(path)).map(|bytes| bytes.len() as u64).sum()
    }
}

/// The language of a file, by its extension.
pub(crate) fn language_of(path: &str) -> Option<Language> {
    match path.rsplit_once('.')?.1 {
        "ts" | "js" | "mjs" | "mts" => Some(Language::TypeScript),
        "py" => Some(Language::Python),
        _ => None,
    }
}

/// Refuses what is no plain path below the folder.
pub(crate) fn check_path(path: &str) -> Result<(), SkillError> {
    let plain = |name: &str| {
        !name.is_empty() && !matches!(name, "." | "..") && !name.contains(|c: char| c.is_control() || c == '\\')
    };
    if path.len() > LONGEST || !path.split('/').all(plain) || path.split('/').count() > DEEPEST {
        let shown: String = path.chars().take(80).collect();
        let message = format!("{shown:?} is no path for a file of a skill");
        let hint = format!("use a relative path of at most {DEEPEST} names and {LONGEST} bytes, without `..`");
        return Err(SkillError::refused(message).hint(hint));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_paths_and_contents() {
        let one = Files::new().with("a/index.ts", "export {}").unwrap();
        assert_eq!(one.version(), Files::new().with("a/index.ts", "export {}").unwrap().version());
        assert_ne!(one.version(), Files::new().with("b/index.ts", "export {}").unwrap().version());
        assert_ne!(one.version(), one.clone().with("a/SKILL.md", "").unwrap().version());
    }

    #[test]
    fn entries_are_found_in_folders_and_single_files() {
        let both = Files::new().with("x/skill.py", "").unwrap().with("x/index.ts", "").unwrap();
        assert_eq!(
            both.entries(),
            [(Language::TypeScript, "x/index.ts".into()), (Language::Python, "x/skill.py".into())]
        );
        let single = Files::new().with("x.py", "").unwrap();
        assert_eq!(single.entries(), [(Language::Python, "x.py".into())]);
        assert!(Files::new().with("x/SKILL.md", "").unwrap().entries().is_empty());
    }

    #[test]
    fn paths_stay_inside_and_sizes_are_bounded() {
        for path in ["../x", "/x", "a//b", "a/./b", "", "a/b/c/d/e/f", "a\\b"] {
            assert!(Files::new().with(path, "").is_err(), "{path}");
        }
        assert!(Files::new().add("x.ts", vec![0; MOST_BYTES + 1]).is_err());
        let mut many = Files::new();
        (0..MOST_FILES).for_each(|at| many.add(&format!("x/{at}"), Vec::new()).unwrap());
        assert!(many.add("x/more", Vec::new()).is_err());
    }
}
