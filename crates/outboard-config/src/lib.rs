//! Settings: as written in files, then as meant.
//!
//! [`load`] reads the files it is told to, checks every key against one table, and gives [`Settings`] in
//! which nothing is left to look up. Configuration is data: nothing is started or connected here. Never
//! here: reading the environment (callers pass a look-up), or any file but settings files.

mod agent;
mod alerts;
mod around;
mod build;
mod engines;
mod expand;
mod foreign;
mod jail;
mod kept;
mod list;
mod problem;
mod schema;
mod secrets;
mod seen;
mod settings;
mod sign_in;
mod table;
mod types;
mod written;

pub use agent::AgentSettings;
pub use alerts::AlertSettings;
pub use build::load;
pub use engines::{EngineSettings, GuestSettings};
pub use jail::{FileSettings, NetworkSettings, PythonSettings, SandboxSettings};
pub use list::all_settings;
pub use problem::{Problem, SettingsError};
pub use schema::{example, schema};
pub use secrets::holds_secrets;
pub use seen::{LogSettings, TelemetrySettings};
pub use settings::{
    ApprovalSettings, Connection, ExecutionSettings, Expose, GatewaySettings, JournalSettings, PolicySettings,
    PrivacySettings, ServerSettings, Settings, ShapeSettings, SkillSettings, WrittenTable,
};
pub use sign_in::{AccountSettings, OauthGrant, OauthSettings, PrincipalSettings, ProtectionSettings};
pub use table::{Kind, Setting, reference};
pub use types::{TypeMode, TypeSettings};
pub use written::{size, span};
