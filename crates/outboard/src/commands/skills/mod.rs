//! `outboard skills`: programs that were worth keeping.

mod change;
mod exchange;
mod look;
mod stats;
mod test;

pub(crate) use look::{changes as diff, rows, shown, versions};
pub(crate) use stats::stats;

use crate::cli::{self, Cli, SkillAction};
use crate::compose::{self, App, Pool};
use crate::failure::Failure;
use outboard_config::Settings;
use outboard_execution::{Shelf, skill_error};
use outboard_skills::{Change, Checked, Skill, SkillError, What};
use outboard_types::{ErrorCode, Principal};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

pub(super) async fn run(cli: &Cli, args: &cli::Skills) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let shelf = compose::shelf(&settings)?;
    let json = args.json;
    match args.action.as_ref().unwrap_or(&SkillAction::List) {
        SkillAction::List => look::list(&shelf, json),
        SkillAction::Show { name } => look::show(&settings, &shelf, name, json).await,
        SkillAction::History { name } => look::history(&shelf, name, json),
        SkillAction::Diff { name, old, new } => look::diff(&shelf, name, old.as_deref(), new.as_deref(), json),
        SkillAction::Save { execution, name, description, user } => {
            let wanted = change::Wanted { execution, name, description: description.as_deref(), user: *user };
            change::save(&settings, &wanted, json).await
        }
        SkillAction::Rollback { name, version } => change::rollback(&shelf, name, version.as_deref(), json),
        SkillAction::Remove { name } => change::remove(&shelf, name, json),
        SkillAction::Approve { name, session } => change::approve(&shelf, name, session.as_deref(), json),
        SkillAction::Export { name, file } => exchange::export(&shelf, name, file, json),
        SkillAction::Import { file, user } => exchange::import(&settings, file, *user, json).await,
        SkillAction::Test { name, refresh } => test::run(&settings, &shelf, name, *refresh, json).await,
        SkillAction::Stats { runs } => stats::run(&settings, &shelf, *runs, json),
    }
}

fn failed(error: SkillError) -> Failure {
    skill_error(error).into()
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
}

/// A change by whoever sits at the terminal.
fn by_hand(what: What) -> Change {
    let user = std::env::var("USER").ok().filter(|user| !user.is_empty());
    Change { what, by: user.unwrap_or_else(|| "somebody at a terminal".into()), execution: None, at_ms: now_ms() }
}

/// Has a worker read a skill, unless that version was read before.
async fn checked(settings: &Settings, shelf: &Shelf, skill: &Skill) -> Result<(), Failure> {
    if shelf.collection().checked(&skill.version).is_some_and(|known| known.refused.is_none()) {
        return Ok(());
    }
    let app = App::open(settings, &Principal::default(), Pool::None).await?;
    let checked = app.executions.check_skill(skill).await;
    app.close().await;
    // Also one that is not fit is noted: searches and lists pass it over from now on.
    let found = match &checked {
        Err(error) if error.code == ErrorCode::SkillRefused => {
            Checked { refused: Some(error.message.clone()), ..Checked::default() }
        }
        checked => checked.clone()?,
    };
    shelf.collection().keep_checked(&skill.version, found).map_err(failed)?;
    Ok(checked.map(drop)?)
}
