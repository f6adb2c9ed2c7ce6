//! What the console in the browser looks at and does: the journal, the desk, the servers, the rules, the skills.
//!
//! Records are those that the commands print with `--json`. Texts of programs, models and servers cross the border
//! before they are shown, as they do on the way to a model.

mod act;
mod approvals;
mod audit;
mod calls;
mod catalogue;
mod executions;
mod policy;
mod reveal;
mod servers;
mod skills;

use crate::compose::{self, Catalog};
use crate::failure::Failure;
use outboard_auth::Tokens;
use outboard_border::{Border, Place};
use outboard_config::Settings;
use outboard_console::{Act, Answer, Look, Port};
use outboard_execution::{Shelf, StateFolder, Surfaces};
use outboard_gateway::{ApprovalDesk, Circuits, Gateway, Rulebook, RunLimits};
use outboard_journal::Journal;
use outboard_mcp::client::Upstreams;
use outboard_types::{ErrorCode, Principal, ToolError};
use serde_json::Value;
use std::future::Future;
use std::sync::Arc;

/// Larger texts are not looked at: half of a private value is not recognised, so nothing is cut before it is masked.
const LARGEST: usize = 256 << 10;

/// Everything that the console shows; clones share it.
#[derive(Clone)]
pub(crate) struct Office {
    parts: Parts,
    upstreams: Arc<Upstreams>,
    surfaces: Arc<Surfaces>,
    shelf: Arc<Shelf>,
    state: StateFolder,
    tokens: Arc<Tokens>,
    /// On whose authority tools are tried.
    principal: Principal,
    limits: RunLimits,
}

/// What a process has beside a catalogue.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) journal: Journal,
    pub(crate) desk: ApprovalDesk,
    pub(crate) gateway: Gateway,
    pub(crate) rulebook: Rulebook,
    pub(crate) circuits: Circuits,
    pub(crate) border: Option<Arc<Border>>,
}

impl Office {
    /// The console of a process with these parts, which tries tools as a principal.
    pub(crate) fn over(settings: &Settings, catalog: &Catalog, parts: Parts, principal: &Principal) -> Self {
        Self {
            parts,
            upstreams: catalog.upstreams.clone(),
            surfaces: catalog.surfaces.clone(),
            shelf: catalog.skills.clone(),
            state: catalog.state.clone(),
            tokens: Arc::new(compose::tokens(settings)),
            principal: principal.clone(),
            limits: compose::limits(settings).calls,
        }
    }

    /// A text as a person may read it: tokens in the place of private values.
    fn masked(&self, place: &Place, text: &str) -> String {
        match &self.parts.border {
            _ if text.len() > LARGEST => format!("({} bytes; too much to be shown here)", text.len()),
            Some(border) => compose::masked(border, place, text, "console"),
            None => text.to_owned(),
        }
    }

    /// A text of a server or of ours that belongs to no session: without configured credentials.
    fn scrubbed(&self, text: &str) -> String {
        self.parts.border.as_ref().map_or_else(|| text.to_owned(), |border| border.scrub(text).into_owned())
    }

    /// Reads on a thread that may wait for the disk.
    fn read<F>(&self, work: F) -> Answer<'_>
    where
        F: FnOnce(&Office) -> Result<Value, Failure> + Send + 'static,
    {
        let office = self.clone();
        Box::pin(async move {
            let done = tokio::task::spawn_blocking(move || work(&office)).await;
            let done = done.map_err(|_| ToolError::new(ErrorCode::Internal, "looking failed unexpectedly"))?;
            done.map_err(ToolError::from)
        })
    }

    /// The answer of something that waits for others.
    fn later<'a>(&self, work: impl Future<Output = Result<Value, Failure>> + Send + 'a) -> Answer<'a> {
        Box::pin(async move { work.await.map_err(ToolError::from) })
    }
}

impl Port for Office {
    fn changes(&self) -> Option<u64> {
        self.parts.journal.changes().ok()
    }

    fn holder(&self, token: &str) -> Option<Principal> {
        self.tokens.holder(token)
    }

    fn look(&self, what: Look, only: Option<Principal>) -> Answer<'_> {
        match what {
            Look::Executions(mut look) => {
                look.principal = only.map(|name| name.0.to_string()).or(look.principal);
                self.read(move |office| executions::page(office, &look))
            }
            Look::Execution { id } => self.read(move |office| executions::one(office, &id, &only)),
            Look::Calls { id, after, limit } => {
                self.read(move |office| calls::page(office, &executions::of(office, &id, &only)?, after, limit))
            }
            Look::Call { id, number } => {
                self.read(move |office| calls::one(office, &executions::of(office, &id, &only)?, number))
            }
            Look::Events { id, after, limit } => {
                self.read(move |office| calls::events(office, &executions::of(office, &id, &only)?, after, limit))
            }
            Look::Approvals {} => self.read(approvals::all),
            Look::CallBefore { id } => self.read(move |office| approvals::before(office, &id)),
            Look::Servers {} => self.read(servers::all),
            Look::Tools { server, query } => self.later(catalogue::tools(self.clone(), server, query)),
            Look::Tool { server, tool } => self.later(catalogue::tool(self.clone(), server, tool)),
            Look::Skills {} => self.read(skills::all),
            Look::Skill { name } => self.read(move |office| skills::one(office, &name)),
            Look::SkillDiff { name, old, new } => self.read(move |office| {
                crate::commands::skills::diff(&office.shelf, &name, old.as_deref(), new.as_deref())
            }),
            Look::Policy {} => self.read(policy::rules),
            decision @ Look::Decision { .. } => self.later(policy::decision(self.clone(), decision)),
            Look::Figures { hours } => self.read(move |office| servers::figures(office, hours)),
            audit @ Look::Audit { .. } => self.read(move |office| audit::page(office, audit)),
            Look::AuditCheck {} => self.read(|office| Ok(serde_json::json!(office.parts.journal.verify_audit()?))),
        }
    }

    fn act(&self, what: Act, by: String) -> Answer<'_> {
        self.later(act::done(self.clone(), what, by))
    }
}
