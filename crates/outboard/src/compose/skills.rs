//! Where skills are, and the rules for them.

use crate::failure::Failure;
use outboard_config::Settings;
use outboard_execution::{Shelf, SkillRules, StateFolder, skill_error};
use outboard_skills::{Roots, SkillName};
use outboard_types::ErrorCode;
use std::path::PathBuf;
use std::sync::Arc;

/// Opens the library of skills: the project's beside the journal, the user's in the data folder.
pub(crate) fn shelf(settings: &Settings) -> Result<Arc<Shelf>, Failure> {
    let state = StateFolder::new(&settings.state_dir);
    let roots = Roots {
        project: state.skills()?,
        user: settings.skills.user_dir.clone().or_else(users),
        data: state.root().join("skill-data"),
    };
    let named = |name: &String| {
        SkillName::new(name).map_err(|error| {
            let told = Failure::new(ErrorCode::InvalidSettings, format!("skills.expose: {}", error.message));
            error.hint.into_iter().fold(told, Failure::hint)
        })
    };
    let expose = settings.skills.expose.iter().map(named).collect::<Result<_, _>>()?;
    let rules = SkillRules { approval: settings.skills.approval, expose };
    Shelf::open(roots, rules).map(Arc::new).map_err(|error| skill_error(error).into())
}

fn users() -> Option<PathBuf> {
    Some(crate::folders::data()?.join("skills"))
}
