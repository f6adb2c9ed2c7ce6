//! Skills that are handed on.

use super::{by_hand, failed};
use crate::compose;
use crate::failure::Failure;
use crate::output;
use outboard_config::Settings;
use outboard_execution::Shelf;
use outboard_skills::{Place, Skill, SkillName, What, pack, read_folder, unpack};
use serde_json::json;
use std::fs::{self, File};
use std::path::Path;
use std::process::ExitCode;

fn named(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("{}: {error}", path.display()))
}

pub(super) fn export(shelf: &Shelf, name: &str, target: &Path, json: bool) -> Result<ExitCode, Failure> {
    let (_, skill) = shelf.collection().get(name).map_err(failed)?;
    if target.extension().is_some_and(|extension| extension == "tar") {
        let file = File::create_new(target).map_err(|error| named(target, &error))?;
        pack(&skill.files, file).map_err(failed)?;
    } else {
        fs::create_dir(target).map_err(|error| named(target, &error))?;
        for (path, bytes) in skill.files.iter() {
            // What is inside the skill's own folder goes into the new one.
            let inside = path.split_once('/').map_or(path, |(_, inside)| inside);
            let file = target.join(inside);
            let made = file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&file, bytes));
            made.map_err(|error| named(&file, &error))?;
        }
    }
    match json {
        true => output::json(&json!({"id": skill.name, "version": skill.version.short(), "file": target})),
        false => output::talk(&format!("{} {} is in {}", skill.name, skill.version.short(), target.display())),
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn import(settings: &Settings, source: &Path, user: bool, json: bool) -> Result<ExitCode, Failure> {
    let shelf = compose::shelf(settings)?;
    let skill = shelf.collection().vetted(read(source)?).map_err(failed)?;
    super::checked(settings, &shelf, &skill).await?;
    let place = if user { Place::User } else { Place::Project };
    shelf.collection().save(place, None, &skill, &by_hand(What::Import)).map_err(failed)?;
    super::change::told(&shelf, &skill, "imported", json);
    Ok(ExitCode::SUCCESS)
}

fn read(source: &Path) -> Result<Skill, Failure> {
    let about = fs::metadata(source).map_err(|error| named(source, &error))?;
    if !about.is_dir() {
        let file = File::open(source).map_err(|error| named(source, &error))?;
        return unpack(file).and_then(Skill::read).map_err(failed);
    }
    let real = source.canonicalize().map_err(|error| named(source, &error))?;
    let top = real.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = SkillName::of_stem(&top).map_err(failed)?;
    read_folder(&real, name.as_str()).and_then(Skill::read).map_err(failed)
}
