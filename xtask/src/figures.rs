//! `cargo xtask figures [OUTBOARD]`: measures anew, and writes the tables of the README and of the benchmark's page.
//!
//! Figures in pages come from here and from nowhere else: a table that is not found, or an answer that is wrong, is an
//! error. The report and what was counted stay in `target/figures`.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const DEMO: &str = "| workflow | direct calls | one program | saved |";
const BENCH: &str = "| task | direct calls | a program | saved | billed directly | billed for a program |";

/// Measures with a program that is built already, or with a release of now.
pub(crate) fn write(root: &Path, given: Option<&String>) -> Result<()> {
    let program = match given {
        Some(path) => PathBuf::from(path),
        None => crate::steps::release()?.join("outboard"),
    };
    let report = root.join("target/figures");
    let demo = json(&program, &["demo", "--json"])?;
    let bench = json(&program, &["bench", "--json", "--report", &report.display().to_string()])?;
    page(&root.join("README.md"), DEMO, &demo_rows(&demo)?)?;
    page(&root.join("docs/benchmark.md"), BENCH, &bench_rows(&bench)?)
}

fn json(program: &Path, arguments: &[&str]) -> Result<Value> {
    let output = Command::new(program).args(arguments).output().with_context(|| program.display().to_string())?;
    ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn page(file: &Path, header: &str, rows: &[String]) -> Result<()> {
    let text = std::fs::read_to_string(file)?;
    let Some(text) = replaced(&text, header, rows) else { bail!("{} has no table {header}", file.display()) };
    Ok(std::fs::write(file, text)?)
}

/// The text with other rows in the table of this header.
fn replaced(text: &str, header: &str, rows: &[String]) -> Option<String> {
    let (before, table) = text.split_once(&format!("{header}\n"))?;
    let (rule, old) = table.split_once('\n')?;
    let kept: String = old.split_inclusive('\n').skip_while(|line| line.starts_with('|')).collect();
    let rows: String = rows.iter().map(|row| format!("{row}\n")).collect();
    Some(format!("{before}{header}\n{rule}\n{rows}{kept}"))
}

fn demo_rows(told: &Value) -> Result<Vec<String>> {
    let workflows = told["workflows"].as_array().context("the demo told no workflows")?;
    let row = |row: &Value| {
        let (direct, program) = (number(&row["direct"]["tokens"])?, number(&row["program"]["tokens"])?);
        let name = row["workflow"].as_str().context("a workflow without a name")?;
        Ok(format!("| {name} | {} | {} | {} |", grouped(direct), grouped(program), saved(direct, program)))
    };
    workflows.iter().map(row).collect()
}

/// One row for each task, the largest first.
fn bench_rows(told: &Value) -> Result<Vec<String>> {
    let runs = told["runs"].as_array().context("the benchmark told no runs")?;
    let mut rows = Vec::new();
    for direct in runs.iter().filter(|run| run["mode"] == "direct") {
        let program = runs.iter().find(|run| {
            run["scenario"] == direct["scenario"] && run["mode"] == "code" && run["language"] == "typescript"
        });
        let program = program.context("a task without a program")?;
        ensure!(direct["correct"] == true && program["correct"] == true, "{} is wrong", direct["scenario"]);
        let tokens = |run: &Value, key: &str| number(&run["tokens"][key]);
        let (all, one) = (tokens(direct, "total")?, tokens(program, "total")?);
        let billed = (grouped(tokens(direct, "billed")?), grouped(tokens(program, "billed")?));
        let title = direct["title"].as_str().context("a task without a title")?;
        let (share, cells) = (saved(all, one), (grouped(all), grouped(one)));
        let row = format!("| {title} | {} | {} | {share} | {} | {} |", cells.0, cells.1, billed.0, billed.1);
        rows.push((all, row));
    }
    rows.sort_by_key(|(tokens, _)| std::cmp::Reverse(*tokens));
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

fn number(value: &Value) -> Result<u64> {
    value.as_u64().with_context(|| format!("{value} is no number of tokens"))
}

/// The share that is saved; near the whole with one digit more, and never rounded up to it.
fn saved(direct: u64, program: u64) -> String {
    let share = 100.0 * (1.0 - program as f64 / direct.max(1) as f64);
    if share > 99.9 { format!("{:.2} %", (share * 100.0).floor() / 100.0) } else { format!("{share:.1} %") }
}

/// 1234567 as 1,234,567.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap_or_default()).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_rows_of_the_table_are_written_anew() {
        let text = "a\n\n| h |\n|---|\n| 1 |\n| 2 |\n\nb | c\n";
        assert_eq!(replaced(text, "| h |", &["| 3 |".into()]).unwrap(), "a\n\n| h |\n|---|\n| 3 |\n\nb | c\n");
        assert_eq!(replaced(text, "| x |", &[]), None);
    }

    #[test]
    fn figures_are_as_pages_show_them() {
        assert_eq!((grouped(0), grouped(999), grouped(1_234_567)), ("0".into(), "999".into(), "1,234,567".into()));
        assert_eq!((saved(1_000, 100), saved(1_171_927, 585)), ("90.0 %".into(), "99.95 %".into()));
        assert_eq!(saved(280, 625), "-123.2 %");
    }

    #[test]
    fn the_tables_are_where_they_are_looked_for() {
        let root = crate::root();
        for (file, header) in [("README.md", DEMO), ("docs/benchmark.md", BENCH)] {
            assert!(std::fs::read_to_string(root.join(file)).unwrap().contains(header), "{file}");
        }
    }
}
