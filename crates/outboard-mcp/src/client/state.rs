//! What can be shown about a server at a moment.

use super::spec::TransportSpec;
use super::supervisor::{Life, Upstream};
use outboard_auth::Standing;
use outboard_types::ServerName;
use serde::Serialize;

/// Where a server is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerStatus {
    /// Not needed yet.
    Idle,
    /// Being started.
    Starting,
    /// Can be called.
    Ready,
    /// Could not be started, or died; it is started again when needed.
    Failed,
    /// Only its listing is known.
    ListingOnly,
}

impl ServerStatus {
    /// The status in one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::ListingOnly => "listing_only",
        }
    }
}

/// What can be shown about a server.
#[derive(Debug, Clone, Serialize)]
pub struct ServerState {
    /// Its name.
    pub name: ServerName,
    /// Where it is in its life.
    pub status: ServerStatus,
    /// `stdio`, `http` or `listing`.
    pub transport: &'static str,
    /// `legacy` or `modern`, where it is known.
    pub era: Option<&'static str>,
    /// The protocol revision agreed upon.
    pub protocol_version: Option<String>,
    /// How many tools it shows, where that is known.
    pub tools: Option<usize>,
    /// Roughly what its definitions would cost a model, in tokens.
    pub token_estimate: Option<u64>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// Whether somebody is signed in to it.
    pub sign_in: Standing,
    /// The account that is used, where one is signed in.
    pub account: Option<String>,
    /// Its process, where it is running.
    pub pid: Option<u32>,
    /// Lines it wrote to its standard output that were not messages.
    pub noise: u64,
}

impl ServerState {
    pub(super) fn of(upstream: &Upstream) -> Self {
        let keeper = upstream.spec.keeper.as_ref();
        let sign_in = keeper.map_or(Standing::Unasked, |keeper| keeper.standing());
        let account = keeper.filter(|_| sign_in != Standing::Unasked).map(|keeper| keeper.id().account.clone());
        let inner = upstream.inner();
        let session = match &inner.life {
            Life::Ready(session) => Some(session),
            _ => None,
        };
        let status = match &inner.life {
            _ if matches!(upstream.spec.transport, TransportSpec::ListingOnly) => ServerStatus::ListingOnly,
            Life::Idle => ServerStatus::Idle,
            Life::Starting(_) => ServerStatus::Starting,
            Life::Ready(session) if session.is_alive() => ServerStatus::Ready,
            Life::Ready(_) | Life::Failed => ServerStatus::Failed,
        };
        let memory = inner.memory.as_ref();
        let greeting = session.map(|session| &session.greeting);
        Self {
            name: upstream.spec.name.clone(),
            status,
            transport: upstream.spec.transport.kind(),
            era: greeting.map(|it| it.era).or(memory.map(|it| it.era)).map(|era| era.as_str()),
            protocol_version: greeting
                .map(|it| it.version.clone())
                .or_else(|| memory.map(|it| it.protocol_version.clone())),
            tools: memory.map(|memory| upstream.count_shown(memory)),
            token_estimate: memory.map(|memory| memory.token_estimate),
            last_error: inner.last_error.clone(),
            sign_in,
            account,
            pid: session.and_then(|session| session.pid()),
            noise: session.map_or(0, |session| session.noise()),
        }
    }
}
