//! One skill, read from its files.

use crate::front::Front;
use crate::{Files, SkillError, SkillName};
use outboard_types::{Digest, Language};

/// One skill as its files have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skill {
    /// Its name.
    pub name: SkillName,
    /// Its files.
    pub files: Files,
    /// The digest of its files.
    pub version: Digest,
    /// What its `SKILL.md` says; empty for a single file.
    pub front: Front,
}

impl Skill {
    /// Reads a skill from its files.
    ///
    /// # Errors
    /// If they are not those of one skill, or its `SKILL.md` can not be read or names another.
    pub fn read(files: Files) -> Result<Self, SkillError> {
        let tops = files.tops();
        let name = SkillName::of_stem(stem(tops.first().map(String::as_str).unwrap_or_default()))?;
        for top in &tops {
            if SkillName::of_stem(stem(top))? != name {
                return Err(SkillError::refused(format!("{} are files of several skills", tops.join(", "))));
            }
        }
        let manual = tops.iter().find_map(|top| files.text(&format!("{top}/SKILL.md")));
        let front = manual.map(Front::read).transpose()?.unwrap_or_default();
        if let Some(other) = front.name.as_ref().filter(|other| **other != *name.as_str()) {
            return Err(SkillError::refused(format!("SKILL.md names {other:?}, but the skill is in {:?}", tops[0]))
                .hint(format!("write `name: {name}`, or rename the folder")));
        }
        if manual.is_none() && files.entries().is_empty() {
            return Err(SkillError::refused(format!("{} holds nothing that can be imported", tops.join(", ")))
                .hint("write NAME.ts, NAME.py, NAME/index.ts or NAME/skill.py, and NAME/SKILL.md beside it"));
        }
        Ok(Self { version: files.version(), name, front, files })
    }

    /// The languages that it can be imported from.
    pub fn languages(&self) -> Vec<Language> {
        self.files.entries().into_iter().map(|(language, _)| language).collect()
    }

    /// The path that a program of this language imports it by.
    pub fn import_path(&self, language: Language) -> Option<String> {
        let (_, entry) = self.files.entries().into_iter().find(|(one, _)| *one == language)?;
        Some(match language {
            Language::Python => format!("skills.{}", self.name.snake()),
            _ => {
                let path = entry.strip_suffix("/index.ts").or(entry.strip_suffix("/index.js")).unwrap_or(&entry);
                format!("./skills/{}", path.strip_suffix(".ts").unwrap_or(path))
            }
        })
    }
}

/// A file's name without its extension.
pub(crate) fn stem(top: &str) -> &str {
    match crate::files::language_of(top) {
        Some(_) => top.rsplit_once('.').map_or(top, |(stem, _)| stem),
        None => top,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(pairs: &[(&str, &str)]) -> Files {
        pairs.iter().fold(Files::new(), |files, (path, text)| files.with(path, text).unwrap())
    }

    #[test]
    fn both_layouts_are_read() {
        let folder =
            Skill::read(files(&[("save-sheet/SKILL.md", "---\ndescription: d\n---"), ("save-sheet/index.ts", "")]));
        let folder = folder.unwrap();
        assert_eq!((folder.name.as_str(), folder.front.description.as_str()), ("save-sheet", "d"));
        assert_eq!(folder.import_path(Language::TypeScript).unwrap(), "./skills/save-sheet");
        let single = Skill::read(files(&[("saveSheet.ts", "")])).unwrap();
        assert_eq!(single.import_path(Language::TypeScript).unwrap(), "./skills/saveSheet");
        assert_eq!(single.import_path(Language::Python), None);
        let both = Skill::read(files(&[("x.ts", ""), ("x.py", "")])).unwrap();
        assert_eq!(both.languages().len(), 2);
        assert_eq!(both.import_path(Language::Python).unwrap(), "skills.x");
    }

    #[test]
    fn what_is_no_skill_is_refused() {
        for pairs in [
            &[("a/readme.txt", "")][..],
            &[("a/SKILL.md", "---\nname: b\n---")],
            &[("a.ts", ""), ("b.ts", "")],
            &[("Ä.ts", "")],
            &[],
        ] {
            assert!(Skill::read(files(pairs)).is_err(), "{pairs:?}");
        }
    }
}
