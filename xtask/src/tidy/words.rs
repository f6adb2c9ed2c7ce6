//! Words that have no place in this tree.

use super::{Findings, files};
use anyhow::Result;
use std::path::Path;

/// Each word, in lower case, and what to write instead. None so far.
const FORBIDDEN: &[(&str, &str)] = &[];

pub(super) fn check(root: &Path) -> Result<Findings> {
    let mut findings = Vec::new();
    for extension in ["rs", "md"] {
        for path in files::with_extension(root, extension)? {
            let text = std::fs::read_to_string(&path)?;
            findings.extend(forbidden(&files::shown(root, &path), &text, FORBIDDEN));
        }
    }
    Ok(findings)
}

fn forbidden(name: &str, text: &str, words: &[(&str, &str)]) -> Findings {
    let mut findings = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.to_lowercase();
        for (word, instead) in words.iter().filter(|(word, _)| has_word(&line, word)) {
            findings.push(format!("{name}:{}: {word:?} is not used here; write {instead:?}", at + 1));
        }
    }
    findings
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric()).any(|part| part == word)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_forbidden_word_is_found_and_only_as_a_word() {
        let found = super::forbidden("a.md", "fine\nThe Blocklist.\nblocklists", &[("blocklist", "deny list")]);
        assert_eq!(found, ["a.md:2: \"blocklist\" is not used here; write \"deny list\""]);
    }
}
