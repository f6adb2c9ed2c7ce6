//! Skills as executions see them: copies for programs, what becomes of what programs save, and finding them.
//!
//! Never here: how skills are kept (that is `outboard-skills`), or reading their code outside a worker.

mod cases;
mod check;
mod drift;
mod find;
mod make;
mod report;
mod shelf;

pub use cases::{CaseRun, case_of};
pub(crate) use check::check;
pub use drift::{Drift, drift};
pub(crate) use find::Finder;
pub(crate) use make::used;
pub use report::{SkillNote, SkillReport, SkillUse};
pub use shelf::{Shelf, SkillRules};

use outboard_skills::{SkillCode, SkillError};
use outboard_types::{ErrorCode, ToolError};

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
