//! Skills as executions see them: copies for programs, what becomes of what programs save, and finding them.
//!
//! Never here: how skills are kept (that is `outboard-skills`), or reading their code outside a worker.

mod cases;
mod changes;
mod check;
mod drift;
mod expose;
mod find;
mod kinds;
mod make;
mod report;
mod shelf;

pub use cases::{CaseRun, case_of};
pub use changes::{ExposedChange, ExposedState};
pub(crate) use check::check;
pub use drift::{Drift, drift};
pub use expose::{EXPOSED, ExposedSkill};
pub(crate) use find::Finder;
pub(crate) use make::used;
pub use report::{SkillNote, SkillReport, SkillUse};
pub use shelf::{Shelf, SkillRules};

use outboard_journal::Status;
use outboard_skills::{SkillCode, SkillError, SkillName};
use outboard_types::{ErrorCode, ToolError};
use std::sync::Arc;

/// Counts an execution for the skills that it imported, where what became of it says something of them.
pub(crate) async fn count(shelf: &Arc<Shelf>, used: &[SkillUse], status: Status) {
    let names: Vec<SkillName> = used.iter().filter_map(|one| SkillName::new(&one.name).ok()).collect();
    if names.is_empty() || !matches!(status, Status::Succeeded | Status::Failed) {
        return;
    }
    let shelf = shelf.clone();
    let counting = move || shelf.collection().count_uses(&names, status == Status::Succeeded);
    match tokio::task::spawn_blocking(counting).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the use of a skill is not counted"),
        Err(error) => tracing::warn!(%error, "the use of a skill is not counted"),
    }
}

/// A failure of the library as one that programs and people read.
pub fn skill_error(error: SkillError) -> ToolError {
    let code = match error.code {
        SkillCode::Unknown => ErrorCode::UnknownSkill,
        SkillCode::Refused => ErrorCode::SkillRefused,
        SkillCode::Disk => ErrorCode::Internal,
    };
    let told = ToolError::new(code, error.message);
    match error.hint {
        Some(hint) => told.hint(hint),
        None => told,
    }
}
