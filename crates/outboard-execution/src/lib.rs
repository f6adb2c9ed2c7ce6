//! One run of one program: from a request to a report.
//!
//! A [`Surface`] is what agents' code sees at one moment; a run pins one. [`Executions`] starts runs, lets
//! callers wait for them, and keeps their reports for a while. [`Report`] is what the model reads.
//!
//! Never here: parsing or running guest code (that is the worker's process), transports, and deciding
//! whether a call may happen (that is the gateway).

mod begin;
mod border;
mod budget;
mod counted;
mod counting;
mod engine;
mod executions;
mod guest;
mod indexing;
mod inspection;
mod intents;
mod kept;
mod learned;
mod ledger;
mod modules;
mod orders;
mod outputs;
mod personal;
mod preflight;
mod recover;
mod replay;
mod report;
mod request;
mod search;
mod skills;
mod state;
mod surface;
mod traced;
mod uses;
mod value;
mod workers;
mod workspace;

pub use budget::estimate_tokens;
pub use counted::Asked;
pub use counting::Counting;
pub use engine::{Follower, ReplayedCall};
pub use executions::{Deps, Executions, Handle, Limits, Progress, fresh_id};
pub use guest::Guest;
pub use inspection::{Findings, InspectionRules};
pub use intents::{Intents, Journalled};
pub use kept::{keep_privacy, privacy_of, skills_of};
pub use learned::Learned;
pub use ledger::Tokens;
pub use orders::Orders;
pub use outboard_journal::{OnRestart, TextPart};
pub use outboard_ledger::{TokenCounter, Tokenizer};
pub use personal::{Eyes, Personal};
pub use recover::Resumed;
pub use replay::{Replay, Replayed};
pub use report::{CallCount, Failure, HostCount, Report, Shaped};
pub use request::RunRequest;
pub use search::{Detail, SearchHit, SearchRequest};
pub use skills::{
    CaseRun, Drift, EXPOSED, ExposedChange, ExposedSkill, ExposedState, Shelf, SkillNote, SkillReport, SkillRules,
    SkillUse, case_of, drift, skill_error,
};
pub use state::{FILES_MAX_BYTES, StateFolder};
pub use surface::{Sight, Surface, SurfaceError, SurfaceSource, Surfaces, Told, Visible, Whole};
pub use traced::Propagate;
pub use value::program_value;
pub use workers::{Hired, Hold, Workers};
pub use workspace::{KeptFiles, RemovedFiles};
