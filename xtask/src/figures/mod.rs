//! `cargo xtask figures [OUTBOARD]`: measures anew, and writes the tables of the README and of the benchmark's page.
//!
//! Figures in pages come from here and from nowhere else: a table that is not found, or an answer that is wrong, is an
//! error. The report and what was counted stay in `target/figures`.

mod rows;

use anyhow::{Context, Result, bail, ensure};
use rows::{again_rows, bench_rows, curve_rows, demo_rows};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const DEMO: &str = "| workflow | direct calls | one program | saved |";
const BENCH: &str = "| task | direct calls | a program | saved | billed directly | billed for a program |";
const AGAIN: &str = "| task | direct calls | TypeScript | Python | wrong of 100 while calls fail |";
const TOOLS: &str = "| tools | direct calls | a program | saved |";
const BYTES: &str = "| bytes | direct calls | a program | saved |";

/// How often each task is done, without faults and with them.
const ITERATIONS: &str = "100";

/// Measures with a program that is built already, or with a release of now.
pub(crate) fn write(root: &Path, given: Option<&String>) -> Result<()> {
    let program = match given {
        Some(path) => PathBuf::from(path),
        None => crate::steps::release()?.join("outboard"),
    };
    let report = root.join("target/figures");
    let demo = json(&program, &["demo", "--json"])?;
    let bench = json(&program, &["bench", "--json", "--report", &report.display().to_string()])?;
    let again = |mode| json(&program, &["bench", "--json", "--mode", mode, "--iterations", ITERATIONS]);
    let (direct, code) = (again("direct")?, again("code")?);
    page(&root.join("README.md"), DEMO, &demo_rows(&demo)?)?;
    let benchmark = root.join("docs/benchmark.md");
    page(&benchmark, BENCH, &bench_rows(&bench)?)?;
    page(&benchmark, TOOLS, &curve_rows(&bench, "tools")?)?;
    page(&benchmark, BYTES, &curve_rows(&bench, "bytes")?)?;
    page(&benchmark, AGAIN, &again_rows(&direct, &code)?)
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
    fn the_tables_are_where_they_are_looked_for() {
        let root = crate::root();
        let benchmark = [BENCH, TOOLS, BYTES, AGAIN].map(|header| ("docs/benchmark.md", header));
        for (file, header) in benchmark.into_iter().chain([("README.md", DEMO)]) {
            assert!(std::fs::read_to_string(root.join(file)).unwrap().contains(header), "{file}: {header}");
        }
    }
}
