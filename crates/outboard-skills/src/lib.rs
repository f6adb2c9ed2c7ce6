//! Skills: programs that were worth keeping, as files that people can review.
//!
//! A [`Skill`] is a folder `NAME/` with `SKILL.md` and code, or a single file `NAME.ts` or `NAME.py`. A [`Library`]
//! holds those of a project over those of a user, keeps every version by its content, and changes a skill so that a
//! crash at any moment leaves the old version or the new one. A [`Layer`] is the copy of all of it that one program
//! sees and may write to; what it changed there is looked at when it has ended, and never trusted.
//!
//! Never here: connections, workers, reading a skill's code (that happens in a jailed worker, whose findings come
//! back as [`Checked`]), or the decision whether a skill is fit to be kept.

mod archive;
mod cases;
mod checked;
mod diff;
mod disk;
mod error;
mod files;
mod front;
mod history;
mod idle;
mod known;
mod layer;
mod library;
mod name;
mod place;
mod skill;
mod text;
mod tree;
mod uses;
mod versions;
mod view;
mod waiting;

pub use archive::{pack, unpack};
pub use cases::{Case, CaseKind, ToolShape};
pub use checked::{Checked, Export, Parameter, ToolUse};
pub use diff::difference;
#[cfg(any(test, feature = "faults"))]
pub use disk::Faults;
pub use error::{SkillCode, SkillError};
pub use files::Files;
pub use front::Front;
pub use history::{Change, Entry, What};
pub use layer::{Changed, Layer};
pub use library::{Library, OfSession, Roots};
pub use name::SkillName;
pub use skill::Skill;
pub use text::one_line;
pub use tree::read_folder;
pub use uses::Uses;
pub use view::{Listed, Place, Standing, View};
pub use waiting::Waiting;
