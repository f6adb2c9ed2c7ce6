//! What a person changes.

use super::{by_hand, failed, now_ms};
use crate::compose::{App, Pool};
use crate::failure::Failure;
use crate::output;
use outboard_config::Settings;
use outboard_execution::{Shelf, case_of};
use outboard_skills::{CaseKind, Change, Place, Skill, SkillName, What};
use outboard_types::{ErrorCode, Principal};
use serde_json::json;
use std::process::ExitCode;

/// What is to become a skill.
pub(super) struct Wanted<'a> {
    pub(super) execution: &'a str,
    pub(super) name: &'a str,
    pub(super) description: Option<&'a str>,
    pub(super) user: bool,
}

pub(super) async fn save(settings: &Settings, wanted: &Wanted<'_>, json: bool) -> Result<ExitCode, Failure> {
    let name = SkillName::new(wanted.name).map_err(failed)?;
    let app = App::open(settings, &Principal::default(), Pool::None).await?;
    let saved = save_with(&app, &name, wanted).await;
    let shelf = app.catalog.skills.clone();
    app.close().await;
    told(&shelf, &saved?, "saved", json);
    Ok(ExitCode::SUCCESS)
}

async fn save_with(app: &App, name: &SkillName, wanted: &Wanted<'_>) -> Result<Skill, Failure> {
    let (deps, library) = (app.executions.deps(), app.catalog.skills.collection());
    let row = crate::commands::executions::known(&deps.journal, wanted.execution)?;
    let skill = app.executions.skill_of(&row, name, wanted.description.unwrap_or_default()).await?;
    if skill.front.description.is_empty() {
        return Err(Failure::new(ErrorCode::SkillRefused, format!("{name} has no description"))
            .hint("say with --description what it does and when to use it"));
    }
    let skill = library.vetted(skill).map_err(failed)?;
    let checked = app.executions.check_skill(&skill).await?;
    let surface = app.catalog.surfaces.current().await?;
    let case = case_of(&row.record.id, CaseKind::Call, &skill, &surface.catalogue, &deps.journal);
    library.keep_checked(&skill.version, checked).map_err(failed)?;
    let change = Change { execution: Some(row.record.id.to_string()), ..by_hand(What::Save) };
    let place = if wanted.user { Place::User } else { Place::Project };
    library.save(place, None, &skill, &change).map_err(failed)?;
    library.add_case(&skill.name, case).map_err(failed)?;
    Ok(skill)
}

/// Says what a skill is now.
pub(super) fn told(shelf: &Shelf, skill: &Skill, what: &str, json: bool) {
    let version = skill.version.short();
    match json {
        true => output::json(&json!({
            "id": skill.name, "version": version, "status": what, "import": shelf.import_line(skill, None),
        })),
        false => output::data(&format!("{what} {} {version}: {}", skill.name, shelf.import_line(skill, None))),
    }
}

pub(super) fn rollback(shelf: &Shelf, name: &str, version: Option<&str>, json: bool) -> Result<ExitCode, Failure> {
    let library = shelf.collection();
    let version = match version {
        Some(digits) => library.version(name, digits, now_ms()),
        None => library.previous(name, now_ms()),
    };
    let skill = version.and_then(|version| library.files(&version)).and_then(Skill::read).map_err(failed)?;
    let place = library.get(name).map_or(Place::Project, |(place, _)| place);
    library.save(place, None, &skill, &by_hand(What::Rollback)).map_err(failed)?;
    told(shelf, &skill, "rolled back to", json);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn remove(shelf: &Shelf, name: &str, json: bool) -> Result<ExitCode, Failure> {
    let (place, skill) = shelf.collection().remove(name, &by_hand(What::Remove)).map_err(failed)?;
    let version = skill.version.short();
    match json {
        true => output::json(&json!({"id": skill.name, "version": version, "status": "removed", "place": place})),
        false => output::data(&format!(
            "removed {} {version} from the {place}; `outboard skills rollback {}` brings it back",
            skill.name, skill.name
        )),
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn approve(shelf: &Shelf, name: &str, session: Option<&str>, json: bool) -> Result<ExitCode, Failure> {
    let skill = shelf.collection().approve(name, session, &by_hand(What::Approve)).map_err(failed)?;
    told(shelf, &skill, "approved", json);
    Ok(ExitCode::SUCCESS)
}
