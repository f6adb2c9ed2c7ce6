//! A report of results: one page for a browser, a table for a text, the figures for programs.

mod changes;
mod markdown;
mod page;
mod svg;
mod view;

use crate::error::BenchError;
use crate::suite::Results;
use std::path::{Path, PathBuf};

/// What was written.
#[derive(Debug)]
pub struct Written {
    /// The page.
    pub page: PathBuf,
    /// What is not as it was at the last run, in words.
    pub changes: Vec<String>,
}

/// Writes `index.html`, `report.md` and `results.json`; the results of the last run that are in the folder are
/// what changes are told against.
pub fn write(results: &Results, folder: &Path) -> Result<Written, BenchError> {
    std::fs::create_dir_all(folder).map_err(|error| BenchError::file(folder, &error))?;
    let kept = folder.join("results.json");
    let last: Option<Results> = std::fs::read_to_string(&kept).ok().and_then(|text| serde_json::from_str(&text).ok());
    let changes = last.map(|last| changes::between(&last, results)).unwrap_or_default();
    let page = folder.join("index.html");
    write_file(&page, &page::page(results, &changes))?;
    write_file(&folder.join("report.md"), &markdown::table(results))?;
    let text = serde_json::to_string_pretty(results).map_err(|error| BenchError::file(&kept, &error))?;
    write_file(&kept, &text)?;
    Ok(Written { page, changes })
}

fn write_file(path: &Path, text: &str) -> Result<(), BenchError> {
    std::fs::write(path, text).map_err(|error| BenchError::file(path, &error))
}
