//! What there is.

use super::{failed, now_ms};
use crate::clients::harmless;
use crate::commands::agent::harmless as watched;
use crate::failure::Failure;
use crate::output;
use comfy_table::{Table, presets};
use outboard_config::Settings;
use outboard_execution::Shelf;
use outboard_skills::{Entry, Listed, Skill, Standing, difference, one_line};
use outboard_types::Digest;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Longest description in a list.
const LINE: usize = 60;

fn word(standing: Standing) -> Value {
    json!(standing)
}

fn skill_json(shelf: &Shelf, skill: &Skill) -> Value {
    json!({
        "id": skill.name, "version": skill.version.short(), "description": shelf.description(skill),
        "languages": skill.languages(), "files": skill.files.iter().map(|(path, _)| path).collect::<Vec<_>>(),
        "lines": skill.files.lines(),
    })
}

fn listed_json(shelf: &Shelf, one: &Listed) -> Value {
    let mut row = one.skill.as_ref().map(|skill| skill_json(shelf, skill)).unwrap_or_else(|| json!({"id": one.name}));
    row["place"] = json!(one.place);
    let refused = one.skill.as_ref().and_then(|skill| shelf.refused(skill));
    row["status"] = match one.standing {
        Standing::Active if refused.is_some() => word(Standing::Refused),
        standing => word(standing),
    };
    row["problem"] = json!(one.problem.clone().or(refused));
    row
}

/// Every skill and everything that waits to be one.
pub(crate) fn rows(shelf: &Shelf) -> Result<Vec<Value>, Failure> {
    let (view, waiting) = shelf.collection().everything().map_err(failed)?;
    let waits = |session: &std::path::Path, skill: &Skill| {
        let mut row = skill_json(shelf, skill);
        row["place"] = json!("session");
        row["session"] = json!(session.display().to_string());
        row["status"] = word(Standing::Waiting);
        row["problem"] = Value::Null;
        row
    };
    let rows = view.listed().iter().map(|one| listed_json(shelf, one));
    Ok(rows.chain(waiting.iter().map(|(session, skill)| waits(session, skill))).collect())
}

pub(super) fn list(shelf: &Shelf, json: bool) -> Result<ExitCode, Failure> {
    let rows = rows(shelf)?;
    if json {
        output::json(&rows);
    } else if rows.is_empty() {
        output::talk("there are no skills yet; a program saves one with writeFile(\"/skills/NAME.ts\", …)");
    } else {
        output::data(&table(&rows));
    }
    Ok(ExitCode::SUCCESS)
}

fn table(rows: &[Value]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["NAME", "VERSION", "PLACE", "STATUS", "DESCRIPTION"]);
    for row in rows {
        let text = |key: &str| harmless(row[key].as_str().unwrap_or_default());
        let told = row["problem"].as_str().or(row["description"].as_str()).unwrap_or_default();
        table.add_row([text("id"), text("version"), text("place"), text("status"), harmless(&one_line(told, LINE))]);
    }
    table.trim_fmt()
}

/// One skill with its texts, without reading its code anew.
pub(crate) fn shown(shelf: &Shelf, name: &str) -> Result<Value, Failure> {
    let (place, skill) = shelf.collection().get(name).map_err(failed)?;
    let mut row = skill_json(shelf, &skill);
    row["place"] = json!(place);
    row["import"] = json!(shelf.import_line(&skill, None));
    let text = |(path, _): (&str, &[u8])| Some(json!({"path": path, "text": skill.files.text(path)?}));
    row["texts"] = skill.files.iter().filter_map(text).collect();
    Ok(row)
}

pub(super) async fn show(settings: &Settings, shelf: &Shelf, name: &str, json: bool) -> Result<ExitCode, Failure> {
    let (place, skill) = shelf.collection().get(name).map_err(failed)?;
    super::checked(settings, shelf, &skill).await?;
    let checked = shelf.collection().checked(&skill.version).unwrap_or_default();
    if json {
        let mut row = skill_json(shelf, &skill);
        row["place"] = json!(place);
        row["status"] = word(Standing::Active);
        row["import"] = json!(shelf.import_line(&skill, None));
        row["exports"] = json!(checked.exports);
        row["tools"] = json!(checked.tools);
        row["notes"] = json!(checked.notes);
        row["cases"] =
            json!(shelf.collection().cases(&skill.name).iter().map(|one| &one.execution).collect::<Vec<_>>());
        output::json(&row);
        return Ok(ExitCode::SUCCESS);
    }
    output::data(&format!("{} {} ({place})\n{}", skill.name, skill.version.short(), shelf.description(&skill)));
    output::data(&format!("\n{}", shelf.import_line(&skill, None)));
    let tools: Vec<String> = checked.tools.iter().map(|one| format!("{}.{}", one.server, one.tool)).collect();
    if !tools.is_empty() {
        output::data(&format!("tools: {}", tools.join(", ")));
    }
    checked.notes.iter().for_each(|note| output::data(&watched(&format!("note: {note}"))));
    for (path, _) in skill.files.iter() {
        if let Some(text) = skill.files.text(path) {
            output::data(&watched(&format!("\n--- {path}\n{}", text.trim_end())));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn entry_json(entry: &Entry) -> Value {
    json!({
        "id": entry.version.short(), "what": entry.what, "place": entry.place, "by": entry.by,
        "execution": entry.execution, "at_ms": entry.at_ms,
    })
}

/// The versions of a skill, newest first.
pub(crate) fn versions(shelf: &Shelf, name: &str) -> Result<Vec<Value>, Failure> {
    Ok(shelf.collection().history(name, now_ms()).map_err(failed)?.iter().map(entry_json).collect())
}

pub(super) fn history(shelf: &Shelf, name: &str, json: bool) -> Result<ExitCode, Failure> {
    let entries = versions(shelf, name)?;
    if json {
        output::json(&entries);
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["VERSION", "WHAT", "PLACE", "BY", "EXECUTION"]);
    for row in entries {
        table
            .add_row(["id", "what", "place", "by", "execution"].map(|key| row[key].as_str().unwrap_or("–").to_owned()));
    }
    output::data(&table.trim_fmt());
    Ok(ExitCode::SUCCESS)
}

pub(super) fn diff(
    shelf: &Shelf,
    name: &str,
    old: Option<&str>,
    new: Option<&str>,
    json: bool,
) -> Result<ExitCode, Failure> {
    let found = changes(shelf, name, old, new)?;
    match json {
        true => output::json(&found),
        false => output::data(found["diff"].as_str().unwrap_or_default().trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}

/// How two versions differ.
pub(crate) fn changes(shelf: &Shelf, name: &str, old: Option<&str>, new: Option<&str>) -> Result<Value, Failure> {
    let library = shelf.collection();
    let meant = |digits: &str| library.version(name, digits, now_ms()).map_err(failed);
    let new: Digest = match new {
        Some(digits) => meant(digits)?,
        None => library.get(name).map_err(failed)?.1.version,
    };
    let old = match old {
        Some(digits) => meant(digits)?,
        None => library.previous(name, now_ms()).map_err(failed)?,
    };
    // The present version may have been written by hand and be in no history yet.
    library.history(name, now_ms()).map_err(failed)?;
    let text = difference(&library.files(&old).map_err(failed)?, &library.files(&new).map_err(failed)?);
    Ok(json!({"id": name, "old": old.short(), "new": new.short(), "diff": text}))
}
