//! Starting a server: the process or the address, then the era.

use super::handler::Ear;
use super::handshake::{Era, Greeting};
use super::http::HttpLink;
use super::legacy_sse;
use super::probe::{self, NoGreeting};
use super::process::{self, Process};
use super::session::{Link, Session};
use super::shared::Shared;
use super::spec::{TransportSpec, UpstreamSpec};
use crate::rpc::Peer;
use std::sync::Arc;
use std::time::Duration;

/// What a start needs.
pub(super) struct Start<'a> {
    pub(super) spec: &'a UpstreamSpec,
    pub(super) ear: Arc<Ear>,
    pub(super) shared: &'a Arc<Shared>,
}

impl Start<'_> {
    /// Starts the server; `known` is the era found last time.
    pub(super) async fn run(&self, known: Option<Era>) -> Result<Session, String> {
        match &self.spec.transport {
            TransportSpec::Stdio { .. } => self.stdio(known).await,
            TransportSpec::Http { url, headers } => {
                let link =
                    HttpLink::new(url, headers, self.spec.keeper.clone(), self.shared.clone(), self.ear.clone())?;
                let limit = self.spec.start_timeout;
                let late = |_| format!("it did not say hello within {limit:?}");
                match tokio::time::timeout(limit, link.greet(known, limit / 3)).await.map_err(late)? {
                    Ok(greeting) => Ok(self.session(Link::Http(Arc::new(link)), greeting)),
                    Err(reason) if link.may_be_older() => {
                        let older = tokio::time::timeout(limit, self.over_sse(&link)).await.map_err(late)?;
                        older.map_err(|older| format!("{reason}; over HTTP+SSE: {older}"))
                    }
                    Err(reason) => Err(reason),
                }
            }
            TransportSpec::ListingOnly => Err("it has neither command nor address".into()),
        }
    }

    fn session(&self, link: Link, greeting: Greeting) -> Session {
        Session::new(link, greeting, &self.shared.client, self.ear.under_way.clone())
    }

    /// The transport of revision 2024-11-05.
    async fn over_sse(&self, link: &HttpLink) -> Result<Session, String> {
        let (http, url, headers) = link.address();
        let peer = legacy_sse::connect(http, url, headers, self.ear.clone(), &self.shared.tasks).await?;
        match probe::initialize(&peer, self.shared).await {
            Ok(greeting) => Ok(self.session(Link::Sse(peer), greeting)),
            Err(NoGreeting::Refused(reason)) => Err(reason),
            Err(NoGreeting::Ended) => Err("it ended before it said hello".into()),
        }
    }

    /// Probes unless the era is known to be legacy. A process that dies of the probe or stays silent is
    /// replaced by one that only gets `initialize`.
    async fn stdio(&self, known: Option<Era>) -> Result<Session, String> {
        if known != Some(Era::Legacy) {
            match self.attempt(true).await? {
                Ok(session) => return Ok(session),
                Err(reason) => tracing::debug!(server = %self.spec.name, reason, "starting again without a probe"),
            }
        }
        match self.attempt(false).await? {
            Err(_) if known == Some(Era::Legacy) => self.attempt(true).await?,
            other => other,
        }
    }

    /// The outer error is one that another attempt would only repeat.
    async fn attempt(&self, probing: bool) -> Result<Result<Session, String>, String> {
        let (process, peer) = process::start(&self.spec.transport, self.ear.clone(), &self.shared.tasks).await?;
        let limit = self.spec.start_timeout;
        let greeting = tokio::time::timeout(limit, greet(&peer, self.shared, probing, limit / 3)).await;
        let reason = match greeting {
            Ok(Ok(greeting)) => {
                return Ok(Ok(self.session(Link::Stdio { process, peer }, greeting)));
            }
            Ok(Err(NoGreeting::Refused(reason))) => reason,
            Ok(Err(NoGreeting::Ended)) => "it ended before it said hello".to_owned(),
            Err(_) => format!("it did not say hello within {limit:?}"),
        };
        Ok(Err(give_up(&process, reason).await))
    }
}

async fn greet(peer: &Peer, shared: &Shared, probing: bool, patience: Duration) -> Result<Greeting, NoGreeting> {
    if probing { probe::probe(peer, shared, patience).await } else { probe::initialize(peer, shared).await }
}

/// Ends a process before another is started: two at a time might fight over a lock or a port.
async fn give_up(process: &Process, reason: String) -> String {
    let _ = tokio::time::timeout(Duration::from_millis(400), process.gone()).await;
    let reason = format!("{reason}; {}", process.describe());
    process.stop();
    process.gone().await;
    reason
}
