//! Links between documents lead somewhere: relative ones to a file of the tree, those with `#` to a heading.
//! The network is never asked.

use super::{Findings, files};
use anyhow::Result;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

pub(super) fn check(root: &Path) -> Result<Findings> {
    let mut pages = BTreeMap::new();
    for path in files::with_extension(root, "md")? {
        let text = std::fs::read_to_string(&path)?;
        pages.insert(path.strip_prefix(root).unwrap_or(&path).to_owned(), text);
    }
    let exists = |path: &Path| root.join(path).exists();
    Ok(broken(&pages, exists))
}

/// Every link that leads nowhere.
fn broken(pages: &BTreeMap<PathBuf, String>, exists: impl Fn(&Path) -> bool) -> Findings {
    let mut findings = Vec::new();
    for (page, text) in pages {
        for (line, target) in links(text) {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { page.clone() } else { joined(page, file) };
            let problem = match pages.get(&path) {
                Some(_) if anchor.is_empty() => None,
                Some(text) if anchors(text).any(|one| one == anchor) => None,
                Some(_) => Some(format!("there is no heading #{anchor}")),
                None if exists(&path) => None,
                None => Some("there is no such file".to_owned()),
            };
            findings.extend(problem.map(|why| format!("{}:{line}: {target}: {why}", page.display())));
        }
    }
    findings
}

/// Line and target of each link that stays in the tree; what is in code is no link.
fn links(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    let lines = text.lines().enumerate().filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fence && !fenced
    });
    lines.flat_map(|(at, line)| of_line(line).map(move |target| (at + 1, target)))
}

fn of_line(line: &str) -> impl Iterator<Item = &str> {
    // Every second piece is in backticks, but a link's text may hold some: only its target counts.
    let starts = line.match_indices("](").map(|(at, _)| at + 2);
    let coded = |at: usize| line[..at].matches('`').count() % 2 == 1;
    let targets = starts.filter(move |at| !coded(*at)).filter_map(|at| line[at..].split([')', ' ']).next());
    targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
}

/// A link's path, from the root of the tree.
fn joined(page: &Path, link: &str) -> PathBuf {
    let mut path = page.parent().map(Path::to_owned).unwrap_or_default();
    for part in Path::new(link).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    path
}

/// The anchors of a page's headings, as sites make them.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    let mut fenced = false;
    let headings = text.lines().filter(move |line| {
        fenced ^= line.trim_start().starts_with("```");
        !fenced && line.starts_with('#')
    });
    headings.map(|line| anchor(line.trim_start_matches('#').trim()))
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let pages: BTreeMap<PathBuf, String> = [
            (
                "docs/a.md",
                "# A\n[b](b.md#the-way) [c](c.md) [d](b.md#gone)\n[me](#a) [out](https://x/y.md) `[x](no.md)`",
            ),
            ("docs/b.md", "## The way\n```md\n[z](z.md)\n# gone\n```\n[up](../LICENSE) [`code`](none.md)"),
        ]
        .into_iter()
        .map(|(path, text)| (PathBuf::from(path), text.to_owned()))
        .collect();
        let found = broken(&pages, |path| path == Path::new("LICENSE"));
        assert_eq!(
            found,
            [
                "docs/a.md:2: c.md: there is no such file",
                "docs/a.md:2: b.md#gone: there is no heading #gone",
                "docs/b.md:6: none.md: there is no such file",
            ]
        );
    }

    #[test]
    fn anchors_are_those_of_sites() {
        assert_eq!(anchor("`[servers.NAME]`"), "serversname");
        assert_eq!(anchor("What it costs, and when"), "what-it-costs-and-when");
    }
}
