//! The table of real servers.

use super::Row;
use anyhow::{Context, Result};
use std::fmt::Write;
use std::path::Path;

const BEGIN: &str = "<!-- table: written by `cargo xtask real` -->\n";
const END: &str = "<!-- end of table -->";

/// One line about one server, while it goes.
pub(super) fn told(row: &Row) {
    let called = match &row.calls {
        None => "not called".to_owned(),
        Some(calls) => calls.each_ref().map(|call| call.as_ref().err().map_or("ok", String::as_str)).join(", "),
    };
    match &row.tools {
        Ok(tools) => println!("{}: {tools} tools; {called}", row.server.name),
        Err(problem) => println!("{}: {problem}", row.server.name),
    }
}

/// Writes the table between its marks.
pub(super) fn write(root: &Path, rows: &[Row]) -> Result<()> {
    let path = root.join("docs/real-servers.md");
    let page = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let (before, rest) = page.split_once(BEGIN).context("docs/real-servers.md has lost its marks")?;
    let (_, after) = rest.split_once(END).context("docs/real-servers.md has lost its marks")?;
    Ok(std::fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", table(rows)?))?)
}

fn table(rows: &[Row]) -> Result<String> {
    let listed = rows.iter().filter(|row| row.tools.is_ok()).count();
    let tools: u64 = rows.iter().filter_map(|row| row.tools.as_ref().ok()).sum();
    let called = rows.iter().filter(|row| row.calls.is_some() && row.is_good()).count();
    let mut text =
        format!("{} servers: {listed} listed, with {tools} tools; {called} called in both languages.\n\n", rows.len());
    text.push_str("| server | from | tools | called | TypeScript | Python | note |\n|---|---|--:|---|---|---|---|\n");
    for row in rows {
        let server = &row.server;
        let from = if server.npm { "npm" } else { "PyPI" };
        let tools = row.tools.as_ref().map_or("–".to_owned(), u64::to_string);
        let tool = server.tool.as_ref().map_or("–".to_owned(), |tool| format!("`{tool}`"));
        let [typescript, python] = match &row.calls {
            None => ["–", "–"],
            Some(calls) => calls.each_ref().map(|call| if call.is_ok() { "yes" } else { "no" }),
        };
        let note = if row.tools.is_err() {
            server.unlisted.as_deref().unwrap_or("it should be listed, and is not")
        } else {
            &server.why
        };
        writeln!(text, "| `{}` | {from} | {tools} | {tool} | {typescript} | {python} | {note} |", server.package)?;
    }
    Ok(text)
}
