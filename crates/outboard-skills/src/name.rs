//! What a skill is called, and how each language spells it.

use crate::SkillError;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest name.
const LONGEST: usize = 64;

/// A skill's name: small letters, digits and single hyphens between them, as in the Agent Skills convention.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SkillName(Box<str>);

impl SkillName {
    /// Accepts a name that fits.
    ///
    /// # Errors
    /// If it does not: the error says what a name may be.
    pub fn new(text: &str) -> Result<Self, SkillError> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let fits = !text.is_empty()
            && text.len() <= LONGEST
            && text.chars().all(plain)
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !text.contains("--");
        if fits {
            return Ok(Self(text.into()));
        }
        let shown: String = text.chars().take(80).collect();
        Err(SkillError::refused(format!("{shown:?} is no name of a skill"))
            .hint("use 1 to 64 small letters, digits and single hyphens, such as save-sheet-as-csv"))
    }

    /// The name of a file or folder as programs spell them: `saveSheetAsCsv` and `save_sheet_as_csv` are
    /// `save-sheet-as-csv`.
    ///
    /// # Errors
    /// If nothing that fits can be made of it.
    pub fn of_stem(stem: &str) -> Result<Self, SkillError> {
        let mut name = String::new();
        let mut before = '-';
        for letter in stem.chars() {
            let border = letter.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit());
            if border {
                name.push('-');
            }
            name.push(if matches!(letter, '_' | ' ') { '-' } else { letter.to_ascii_lowercase() });
            before = letter;
        }
        Self::new(&name)
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a function of TypeScript: `saveSheetAsCsv`.
    pub fn camel(&self) -> String {
        let mut parts = self.0.split('-');
        let mut name = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let mut letters = part.chars();
            name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
            name.push_str(letters.as_str());
        }
        if name.starts_with(|c: char| c.is_ascii_digit()) { format!("skill{name}") } else { name }
    }

    /// As a module of Python: `save_sheet_as_csv`.
    pub fn snake(&self) -> String {
        self.0.replace('-', "_")
    }

    /// As words: `save sheet as csv`.
    pub fn words(&self) -> String {
        self.0.replace('-', " ")
    }
}

impl fmt::Display for SkillName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<SkillName> for String {
    fn from(name: SkillName) -> String {
        name.0.into()
    }
}

impl TryFrom<String> for SkillName {
    type Error = SkillError;
    fn try_from(text: String) -> Result<Self, SkillError> {
        Self::new(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for (text, fits) in [("a", true), ("save-2-csv", true), ("", false), ("-a", false), ("a--b", false)] {
            assert_eq!(SkillName::new(text).is_ok(), fits, "{text}");
        }
        for text in ["A", "a b", "../a", "a/b", "ä", &"a".repeat(65)] {
            assert!(SkillName::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn each_language_spells_it_its_own_way() {
        let name = SkillName::of_stem("fetchAndSummarizeReport").unwrap();
        assert_eq!((name.as_str(), name.camel().as_str()), ("fetch-and-summarize-report", "fetchAndSummarizeReport"));
        assert_eq!(name.snake(), "fetch_and_summarize_report");
        assert_eq!(SkillName::of_stem("compareCSVs").unwrap().as_str(), "compare-csvs");
        assert_eq!(SkillName::of_stem("save_sheet").unwrap().as_str(), "save-sheet");
        assert_eq!(SkillName::new("2-csv").unwrap().camel(), "skill2Csv");
    }
}
