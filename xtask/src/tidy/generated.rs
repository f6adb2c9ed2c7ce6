//! Generated documents are current.

use super::{Findings, errors, summary};
use anyhow::{Context, Result, ensure};
use std::path::Path;

/// Path and content of every generated document.
fn documents(root: &Path) -> Result<Vec<(&'static str, String)>> {
    Ok(vec![
        ("docs/configuration.md", outboard_config::reference()),
        ("docs/outboard.schema.json", outboard_config::schema()),
        ("docs/errors/README.md", error_index(root)?),
        ("docs/SUMMARY.md", summary::text(root)?),
    ])
}

pub(super) fn check(root: &Path) -> Result<Findings> {
    Ok(documents(root)?.into_iter().filter_map(|(path, text)| stale(root, path, &text)).collect())
}

fn stale(root: &Path, path: &str, text: &str) -> Option<String> {
    let current = std::fs::read_to_string(root.join(path)).ok();
    (current.as_deref() != Some(text)).then(|| format!("{path}: not current; run `cargo xtask docs`"))
}

/// Writes them. The page of commands is made by the program that has them, in a test that also checks it.
pub(crate) fn write(root: &Path) -> Result<()> {
    let mut command = crate::built::cargo();
    command.args(["test", "--quiet", "--package", "outboard", "--bin", "outboard", "the_page_of_commands"]);
    let status = command.env("OUTBOARD_WRITE_DOCS", "1").status()?;
    ensure!(status.success(), "the page of commands was not written");
    documents(root)?.iter().try_for_each(|(path, text)| Ok(std::fs::write(root.join(path), text)?))
}

/// The list of codes, in the order of the source, each with the first sentence of its page.
fn error_index(root: &Path) -> Result<String> {
    let source = root.join("crates/outboard-types/src/error.rs");
    let source = std::fs::read_to_string(&source).with_context(|| source.display().to_string())?;
    let mut text = String::from(
        "# Error codes\n\nEvery failure carries one of these codes; they do not change. A program catches them as `ToolError` with \
         that `code`, commands print them as `error[code]`, and reports have them in `error.code`.\n\n\
         | code | what happened | what to do |\n|---|---|---|\n",
    );
    for code in errors::codes(&source) {
        // A page that is missing is a finding of its own.
        let page = std::fs::read_to_string(root.join(format!("docs/errors/{code}.md"))).unwrap_or_default();
        text.push_str(&format!("| [`{code}`]({code}.md) | {} | {} |\n", meaning(&page), remedy(&page)));
    }
    Ok(text)
}

/// The first paragraph below the title.
fn meaning(page: &str) -> String {
    let lines = page.lines().skip(1).skip_while(|line| line.is_empty());
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The first paragraph of what to do; bars would end a cell.
fn remedy(page: &str) -> String {
    let section = page.split_once("## What to do").map(|(_, rest)| rest).unwrap_or_default();
    meaning(section).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_or_changed_document_is_found() {
        let root = crate::root();
        assert!(stale(&root, "docs/none.md", "").is_some());
        assert!(stale(&root, "Cargo.toml", "something else").is_some());
        let text = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
        assert_eq!(stale(&root, "Cargo.toml", &text), None);
    }

    #[test]
    fn a_page_tells_its_meaning_in_its_first_paragraph() {
        assert_eq!(meaning("# timeout\n\nNo answer\ncame.\n\n## When\n"), "No answer came.");
        assert_eq!(meaning(""), "");
        assert_eq!(remedy("# x\n\nNo.\n\n## What to do\n\nAsk a|b\nagain.\n\nMore."), "Ask a\\|b again.");
        assert_eq!(remedy("# x"), "");
    }
}
